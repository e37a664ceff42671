import {
  Button,
  Card,
  CardBody,
  CardHeader,
  CardTitle,
  Stack,
  StackItem,
  Tooltip,
} from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { reading, useChange } from '../../api/query.ts'
import { isOn, stateOf } from '../../components/guest-verbs.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { useMissing } from '../../components/use-missing.ts'
import { type Column, DataTable } from '../../ui/DataTable.tsx'
import { bytesText } from '../../ui/format.ts'
import { RowMenu, type Verb } from '../../ui/RowMenu.tsx'
import { UsageBar } from '../../ui/UsageBar.tsx'
import { DiskDialogs } from './disks/DiskDialogs.tsx'
import type { Disk } from './disks/disk.ts'
import { type GuestDetail, useGuest } from './use-guest.ts'

// What a disk takes changes while its guest writes.
const lookMs = 30_000

/** Disks and the removable drive: where they lie, what they take, and what can be changed of them. */
export function Disks() {
  const guest = useGuest()
  const path = { id: guest.id }
  const asked = useQuery({ ...reading('/guests/{id}/disks', { params: { path } }), refetchInterval: lookMs })
  return (
    <Stack hasGutter>
      <StackItem>
        <DiskCard guest={guest} disks={asked.data} error={asked.error} onRetry={() => void asked.refetch()} />
      </StackItem>
      <StackItem>
        <MediaCard guest={guest} />
      </StackItem>
      <DiskDialogs guest={guest} disks={asked.data ?? []} />
    </Stack>
  )
}

interface DiskCardProps {
  guest: GuestDetail
  disks: Disk[] | undefined
  error: unknown
  onRetry: () => void
}

function DiskCard({ guest, disks, error, onRetry }: DiskCardProps) {
  const { t } = useTranslation(['instance', 'common'])
  const columns = useColumns()
  const verbsOf = useDiskVerbs(guest)
  const nameOf = ({ index }: Disk) => (index === 0 ? t('systemDisk') : t('dataDisk', { index }))
  return (
    <Card isCompact>
      <CardHeader>
        <CardTitle component="h2">{t('disks')}</CardTitle>
      </CardHeader>
      <CardBody>
        {error ? (
          <Refusal error={error} onRetry={onRetry} />
        ) : (
          <DataTable
            label={t('disks')}
            columns={[{ key: 'index', title: t('disk'), modifier: 'nowrap', render: nameOf }, ...columns]}
            rows={disks}
            rowKey={({ index }) => String(index)}
            rowName={nameOf}
            rowActions={(disk) => <RowMenu name={nameOf(disk)} verbs={verbsOf(disk)} />}
            empty={<p>{t('noDisks')}</p>}
          />
        )}
      </CardBody>
    </Card>
  )
}

function useColumns(): Column<Disk>[] {
  const { t, i18n } = useTranslation(['instance', 'common'])
  const size = (bytes: number) => bytesText(bytes, i18n.language)
  return [
    { key: 'size', title: t('size'), modifier: 'nowrap', render: (disk) => size(disk.size) },
    {
      key: 'used',
      title: t('used'),
      render: ({ used, size: whole, index }) =>
        used === null ? (
          t('common:unknown')
        ) : (
          <UsageBar label={t('usedOf', { index })} ratio={used / whole} text={size(used)} />
        ),
    },
    {
      key: 'pool',
      title: t('storagePool'),
      modifier: 'nowrap',
      render: ({ pool }) => (
        <Link to="/storage/$pool" params={{ pool }}>
          {pool}
        </Link>
      ),
    },
    {
      key: 'image',
      title: t('standsOn'),
      modifier: 'nowrap',
      render: ({ image, layers }) => (
        <>
          {image ? (
            <Link to="/images/disk/$id" params={{ id: image.id }}>
              {image.name || image.id}
            </Link>
          ) : (
            t('noImage')
          )}
          {layers > 1 && ` · ${t('layers', { count: layers - 1 })}`}
        </>
      ),
    },
    {
      key: 'volume',
      title: t('volume'),
      modifier: 'breakWord',
      render: ({ volume, format }) => `${volume} (${format})`,
    },
  ]
}

/** What can be done to a disk; what cannot be done now says why. */
function useDiskVerbs(guest: GuestDetail): (disk: Disk) => Verb[] {
  const { t } = useTranslation(['instance', 'common'])
  const { open } = useDialog()
  const runs = isOn(stateOf(guest))
  const missing = useMissing('guest.write')
  return ({ index, online_resize, compactable }) => [
    {
      key: 'resize',
      title: t('resize'),
      refusal: missing ?? (runs && !online_resize ? t('resizeOffline') : undefined),
      onChoose: () => open('resize', String(index)),
    },
    {
      key: 'shrink',
      title: t('shrink'),
      refusal: missing ?? (compactable || runs ? undefined : t('notCompactable')),
      onChoose: () => open('shrink', String(index)),
    },
    ...(index === 0
      ? [
          {
            key: 'resetSystem',
            title: t('resetSystem'),
            isDanger: true,
            refusal: missing ?? (runs ? t('stopFirst') : undefined),
            onChoose: () => open('resetSystem'),
          },
        ]
      : []),
  ]
}

function MediaCard({ guest }: { guest: GuestDetail }) {
  const { t } = useTranslation(['instance', 'common'])
  const { open } = useDialog()
  const eject = useChange('delete', '/instances/{id}/media')
  const missing = useMissing('guest.write')
  const refusal = missing ?? (guest.media_attached || isOn(stateOf(guest)) ? undefined : t('insertRunning'))
  const button = (
    <Button
      variant="secondary"
      isAriaDisabled={refusal !== undefined}
      isLoading={eject.isPending}
      onClick={() =>
        guest.media_attached ? eject.mutate({ params: { path: { id: guest.id } } }) : open('insert')
      }
    >
      {guest.media_attached ? t('eject') : t('insert')}
    </Button>
  )
  return (
    <Card isCompact>
      <CardHeader
        actions={{
          actions: refusal === undefined ? button : <Tooltip content={refusal}>{button}</Tooltip>,
          hasNoOffset: true,
        }}
      >
        <CardTitle component="h2">{t('drive')}</CardTitle>
      </CardHeader>
      <CardBody>
        {guest.media_attached ? t('inDrive', { name: guest.media_source }) : t('driveEmpty')}
        <Refusal error={eject.error} />
      </CardBody>
    </Card>
  )
}
