import { PageSection } from '@patternfly/react-core'
import PlusIcon from '@patternfly/react-icons/dist/esm/icons/plus-icon'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { Needs } from '../../components/Needs.tsx'
import { PageHead } from '../../components/PageHead.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { useMissing } from '../../components/use-missing.ts'
import { ActionButton } from '../../ui/ActionButton.tsx'
import { DataTable } from '../../ui/DataTable.tsx'
import { EmptyNote } from '../../ui/EmptyNote.tsx'
import { RowMenu } from '../../ui/RowMenu.tsx'
import { UsageBar } from '../../ui/UsageBar.tsx'
import { DeletePool } from './DeletePool.tsx'
import { PoolForm } from './PoolForm.tsx'

export function AddressPools() {
  return (
    <Needs permission="network.read">
      <PoolList />
    </Needs>
  )
}

function PoolList() {
  const { t, i18n } = useTranslation(['network', 'common'])
  const { dialog, of, open, close } = useDialog()
  const { data, error, refetch } = useQuery(reading('/address_pools'))
  const refusal = useMissing('network.write')
  const chosen = data?.find(({ name }) => name === of)
  const number = (value: number) => value.toLocaleString(i18n.language)
  const create = (
    <ActionButton icon={<PlusIcon />} refusal={refusal} onClick={() => open('create')}>
      {t('createPool')}
    </ActionButton>
  )
  return (
    <>
      <PageHead title={t('addressPools')} actions={create} />
      <PageSection isFilled>
        <Refusal error={error} onRetry={() => void refetch()} />
        <DataTable
          label={t('addressPools')}
          rows={data}
          rowKey={({ name }) => name}
          columns={[
            {
              key: 'name',
              title: t('common:name'),
              render: ({ name }) => (
                <Link to="/network/pools/$pool" params={{ pool: name }}>
                  {name}
                </Link>
              ),
            },
            {
              key: 'used',
              title: t('used'),
              render: ({ name, allocated, addresses }) => (
                <UsageBar
                  label={`${t('used')}: ${name}`}
                  ratio={addresses === 0 ? 0 : allocated / addresses}
                  text={t('usedOf', { used: number(allocated), all: number(addresses) })}
                />
              ),
            },
            { key: 'gateway', title: t('gateway'), render: ({ gateway }) => gateway },
            {
              key: 'dns',
              title: t('dns'),
              render: ({ dns }) => (dns.length > 0 ? dns.join(', ') : t('dnsHost')),
            },
            {
              key: 'provider',
              title: t('provider'),
              render: ({ provider }) => t(provider === 'cloudinit' ? 'cloudinit' : 'dhcp'),
            },
          ]}
          rowActions={({ name }) => (
            <RowMenu
              name={name}
              verbs={[
                { key: 'edit', title: t('common:edit'), refusal, onChoose: () => open('edit', name) },
                {
                  key: 'delete',
                  title: t('common:delete'),
                  isDanger: true,
                  refusal,
                  onChoose: () => open('delete', name),
                },
              ]}
            />
          )}
          empty={
            <EmptyNote title={t('noPools')} action={create}>
              {t('noPoolsHint')}
            </EmptyNote>
          }
        />
      </PageSection>
      {dialog === 'create' && <PoolForm onClose={close} />}
      {dialog === 'edit' && chosen && <PoolForm pool={chosen} onClose={close} />}
      {dialog === 'delete' && chosen && <DeletePool name={chosen.name} onClose={close} onDeleted={close} />}
    </>
  )
}
