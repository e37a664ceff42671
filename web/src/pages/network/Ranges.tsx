import { Card, CardBody, CardHeader, CardTitle } from '@patternfly/react-core'
import PlusIcon from '@patternfly/react-icons/dist/esm/icons/plus-icon'
import TrashIcon from '@patternfly/react-icons/dist/esm/icons/trash-icon'
import { useTranslation } from 'react-i18next'
import { useDialog } from '../../components/use-dialog.ts'
import { ActionButton } from '../../ui/ActionButton.tsx'
import { EmptyNote } from '../../ui/EmptyNote.tsx'
import type { Pool, Range, RangeType } from './addresses.ts'
import { RangeMap } from './RangeMap.tsx'
import { useGuestNames } from './use-guest-names.ts'

export interface RangesProps {
  pool: Pool
  type: RangeType
  refusal: string | undefined
}

/** The ranges of one type, each with the map of its addresses. */
export function Ranges({ pool, type, refusal }: RangesProps) {
  const { t } = useTranslation('network')
  const { open } = useDialog()
  const isInternal = type === 'internal'
  const ranges = isInternal ? pool.ranges : pool.external_ranges
  const allocated = isInternal ? pool.allocated : pool.external_allocated
  const names = useGuestNames(allocated.length > 0)
  const holders = new Map(allocated.map(({ address, instance }) => [address, instance]))
  const add = (
    <ActionButton
      variant={isInternal && ranges.length === 0 ? 'primary' : 'secondary'}
      size="sm"
      icon={<PlusIcon />}
      refusal={refusal}
      onClick={() => open('add-range', type)}
    >
      {t(isInternal ? 'addInternal' : 'addExternal')}
    </ActionButton>
  )
  return (
    <Card isCompact className="address-card">
      <CardHeader
        actions={{ actions: ranges.length > 0 || !isInternal ? add : undefined, hasNoOffset: true }}
      >
        <CardTitle component="h2">{t(isInternal ? 'internal' : 'external')}</CardTitle>
      </CardHeader>
      <CardBody>
        <p className="address-hint">{t(isInternal ? 'internalHint' : 'externalHint')}</p>
        {ranges.length === 0 &&
          (isInternal ? (
            <EmptyNote title={t('noRanges')} action={add}>
              {t('noRangesHint')}
            </EmptyNote>
          ) : (
            <p>{t('noExternal')}</p>
          ))}
        {ranges.map((range) => (
          <section key={range.start} className="address-range" aria-label={t('range', range)}>
            <RangeHead
              range={range}
              refusal={refusal}
              onRemove={() => open('remove-range', `${type} ${range.start}`)}
            />
            <RangeMap range={range} holders={holders} names={names} />
          </section>
        ))}
      </CardBody>
    </Card>
  )
}

function RangeHead({
  range,
  refusal,
  onRemove,
}: {
  range: Range
  refusal: string | undefined
  onRemove: () => void
}) {
  const { t } = useTranslation('network')
  return (
    <div className="address-range-head">
      <h3>
        {t('range', range)} <small>{range.netmask}</small>
      </h3>
      <ActionButton
        variant="plain"
        size="sm"
        icon={<TrashIcon />}
        label={t('removeRangeTitle', { range: t('range', range) })}
        refusal={refusal}
        onClick={onRemove}
      />
    </div>
  )
}
