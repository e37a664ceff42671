import { useMissing } from '../../components/use-missing.ts'
import './storage.css'
import { Button, PageSection } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Answer } from '../../api/client.ts'
import { reading } from '../../api/query.ts'
import { useMay } from '../../api/session.ts'
import { Needs } from '../../components/Needs.tsx'
import { PageHead } from '../../components/PageHead.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { type Column, DataTable } from '../../ui/DataTable.tsx'
import { EmptyNote } from '../../ui/EmptyNote.tsx'
import { RowMenu } from '../../ui/RowMenu.tsx'
import { CreatePool } from './CreatePool.tsx'
import { PoolDialogs } from './PoolDialogs.tsx'
import { PoolState, PoolType, PoolUsage } from './PoolFigures.tsx'

type Pool = Answer<'/storage_pools', 'get'>[number]

/** Where guests' disks can lie. */
export function StoragePools() {
  const { t } = useTranslation(['storage', 'common'])
  const mayWrite = useMay('storage.write')
  const { dialog, open, close } = useDialog()
  return (
    <>
      <PageHead
        title={t('pools')}
        actions={
          <Button
            isAriaDisabled={!mayWrite}
            {...(mayWrite ? {} : { title: t('common:missingPermission', { permission: 'storage.write' }) })}
            onClick={() => open('create')}
          >
            {t('createPool')}
          </Button>
        }
      />
      <Needs permission="storage.read">
        <PageSection isFilled>
          <PoolTable />
        </PageSection>
      </Needs>
      {dialog === 'create' && <CreatePool onClose={close} />}
    </>
  )
}

function PoolTable() {
  const { t } = useTranslation(['storage', 'common'])
  const { data, error, refetch } = useQuery(reading('/storage_pools'))
  const columns = useColumns()
  const { open } = useDialog()
  const mayWrite = useMay('storage.write')
  const refusal = useMissing('storage.write')
  if (error && !data) return <Refusal error={error} onRetry={() => void refetch()} />
  return (
    <>
      <DataTable
        label={t('pools')}
        columns={columns}
        rows={data}
        rowKey={({ name }) => name}
        rowActions={({ name }) => (
          <RowMenu
            name={name}
            verbs={[
              { key: 'modify', title: t('modify'), refusal, onChoose: () => open('modify', name) },
              {
                key: 'delete',
                title: t('forget'),
                refusal,
                isDanger: true,
                onChoose: () => open('delete', name),
              },
            ]}
          />
        )}
        empty={
          <EmptyNote
            title={t('noPools')}
            action={mayWrite && <Button onClick={() => open('create')}>{t('createPool')}</Button>}
          >
            {t('noPoolsHint')}
          </EmptyNote>
        }
      />
      <PoolDialogs />
    </>
  )
}

function useColumns(): Column<Pool>[] {
  const { t } = useTranslation(['storage', 'common'])
  return [
    { key: 'state', title: t('common:state'), render: ({ name }) => <PoolState name={name} /> },
    {
      key: 'name',
      title: t('common:name'),
      render: ({ name }) => (
        <Link to="/storage/$pool" params={{ pool: name }}>
          {name}
        </Link>
      ),
    },
    { key: 'type', title: t('type'), render: ({ type }) => <PoolType type={type} /> },
    { key: 'place', title: t('place'), modifier: 'breakWord', render: placeOf },
    { key: 'usage', title: t('used'), render: ({ name }) => <PoolUsage name={name} /> },
  ]
}

const placeOf = ({ host, target }: Pool) => (host === '' ? target : `${host} · ${target}`)
