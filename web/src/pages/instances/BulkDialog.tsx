import { Content } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { useVerbRefusal } from '../../components/GuestVerbs.tsx'
import { type BulkVerb, isOn, shortName, stateOf } from '../../components/guest-verbs.ts'
import { Confirm } from '../../ui/Confirm.tsx'
import { bytesText } from '../../ui/format.ts'
import type { Guest } from './use-guest-rows.ts'

export interface BulkDialogProps {
  verb: BulkVerb
  guests: readonly Guest[]
  onConfirm: (guests: readonly Guest[]) => void
  onClose: () => void
}

const mostNames = 12

/** Asks before many guests are touched: which, what is lost, and who is left out. */
export function BulkDialog({ verb, guests, onConfirm, onClose }: BulkDialogProps) {
  const { t, i18n } = useTranslation('instances')
  const refusalOf = useVerbRefusal()
  const fit = guests.filter((guest) => refusalOf(verb, guest) === undefined)
  const running = fit.filter((guest) => isOn(stateOf(guest)))
  const names = fit.slice(0, mostNames).map(shortName).join(', ')
  const size = bytesText(
    fit.reduce((sum, { total_disk }) => sum + total_disk, 0),
    i18n.language,
  )
  return (
    <Confirm
      title={t('bulkTitle', { action: t(`${verb}Verb`), count: fit.length })}
      verb={t(`${verb}Verb`)}
      isDanger={verb === 'delete' || verb === 'powerOff' || verb === 'reset'}
      isReady={fit.length > 0}
      onConfirm={() => onConfirm(fit)}
      onClose={onClose}
    >
      <Content component="p">
        {fit.length > mostNames ? t('bulkNames', { names, count: fit.length - mostNames }) : names}
      </Content>
      <Content component="p">
        {verb === 'delete' ? t('bulkDeleteText', { size }) : t(`bulkText_${verb}`)}
      </Content>
      {verb === 'delete' && running.length > 0 && (
        <Content component="p">{t('bulkCut', { count: running.length })}</Content>
      )}
      {fit.length < guests.length && (
        <Content component="p">{t('bulkLeftOut', { count: guests.length - fit.length })}</Content>
      )}
    </Confirm>
  )
}
