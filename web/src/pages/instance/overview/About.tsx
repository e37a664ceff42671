import { Button, Popover } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { reading } from '../../../api/query.ts'
import { AgoText } from '../../../ui/AgoText.tsx'
import { CopyText } from '../../../ui/CopyText.tsx'
import { bytesText } from '../../../ui/format.ts'
import type { GuestDetail } from '../use-guest.ts'
import { Facts } from './Facts.tsx'

/** What the guest is, and what it runs on. */
export function About({ guest }: { guest: GuestDetail }) {
  const { t, i18n } = useTranslation(['instance', 'common'])
  const size = (bytes: number) => bytesText(bytes, i18n.language)
  const facts = [
    {
      term: t('size'),
      value: t('sizeText', {
        count: guest.cores,
        memory: size(guest.memory),
        disks: size(guest.total_disk),
      }),
    },
    { term: t('system'), value: <System guest={guest} /> },
    { term: t('runsOn'), value: <RunsOn /> },
    { term: t('firmware'), value: firmwareName(guest.firmware) },
    {
      term: t('place'),
      value: (
        <>
          <Link to="/compute/cells/$pool/$cell" params={{ pool: guest.pool, cell: guest.cell }}>
            {guest.cell}
          </Link>
          {` ${t('inPool')} `}
          <Link to="/compute/pools/$pool" params={{ pool: guest.pool }}>
            {guest.pool}
          </Link>
        </>
      ),
    },
    { term: t('owner'), value: t('ownerText', { owner: guest.owner, group: guest.group }) },
    {
      term: t('autoStarts'),
      value: guest.auto_start ? t('autoStartOn', { priority: guest.start_priority }) : t('autoStartOff'),
    },
    { term: t('created'), value: <AgoText time={guest.create_time} /> },
    { term: t('id'), value: <CopyText text={guest.id} /> },
  ]
  return <Facts label={t('about')} facts={facts} />
}

const firmwareName = (firmware: string) => (firmware === 'uefi' ? 'UEFI' : 'BIOS')

function System({ guest: { system, system_version, template } }: { guest: GuestDetail }) {
  const { data } = useQuery(reading('/templates'))
  const name = data?.find(({ id }) => id === template)?.name
  const word = system_version || system
  if (template === undefined) return word
  return (
    <>
      {word && word !== (name ?? template) && `${word} · `}
      <Link to="/templates/$id" params={{ id: template }}>
        {name ?? template}
      </Link>
    </>
  )
}

/** KVM, or why not. */
function RunsOn() {
  const { t } = useTranslation(['instance', 'common'])
  const { data } = useQuery(reading('/system'))
  if (!data?.accelerator) return t('common:unknown')
  if (data.accelerator === 'kvm') return 'KVM'
  return (
    <>
      {t('emulated')}{' '}
      <Popover headerContent={t('emulatedWhy')} bodyContent={data.accelerator_reason}>
        <Button variant="link" isInline>
          {t('why')}
        </Button>
      </Popover>
    </>
  )
}
