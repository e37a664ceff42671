import './network.css'
import { Grid, GridItem, PageSection, Skeleton } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { Needs } from '../../components/Needs.tsx'
import { PageHead } from '../../components/PageHead.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { useMissing } from '../../components/use-missing.ts'
import { ActionButton } from '../../ui/ActionButton.tsx'
import type { Pool, RangeType } from './addresses.ts'
import { DeletePool } from './DeletePool.tsx'
import { PoolFacts } from './PoolFacts.tsx'
import { PoolForm } from './PoolForm.tsx'
import { RangeForm } from './RangeForm.tsx'
import { Ranges } from './Ranges.tsx'
import { RemoveRange } from './RemoveRange.tsx'

const route = getRouteApi('/framed/network/pools/$pool')

export function AddressPool() {
  const { pool } = route.useParams()
  return (
    <Needs permission="network.read">
      <PoolPage key={pool} name={pool} />
    </Needs>
  )
}

function PoolPage({ name }: { name: string }) {
  const { t } = useTranslation(['network', 'common'])
  const { open } = useDialog()
  const { data, error, refetch } = useQuery(reading('/address_pools/{name}', { params: { path: { name } } }))
  const refusal = useMissing('network.write')
  return (
    <>
      <PageHead
        title={name}
        crumbs={[{ title: t('addressPools'), to: '/network/pools' }]}
        actions={
          <>
            <ActionButton variant="secondary" isDanger refusal={refusal} onClick={() => open('delete')}>
              {t('common:delete')}
            </ActionButton>
            <ActionButton refusal={refusal} onClick={() => open('edit')}>
              {t('common:edit')}
            </ActionButton>
          </>
        }
      />
      <PageSection isFilled>
        <Refusal error={error} onRetry={() => void refetch()} />
        {data ? (
          <Grid hasGutter>
            <GridItem xl={9}>
              <Ranges pool={data} type="internal" refusal={refusal} />
              <Ranges pool={data} type="external" refusal={refusal} />
            </GridItem>
            <GridItem xl={3}>
              <PoolFacts pool={data} />
            </GridItem>
          </Grid>
        ) : (
          !error && <Skeleton height="16rem" screenreaderText={t('common:loading')} />
        )}
      </PageSection>
      {data && <Dialogs pool={data} />}
    </>
  )
}

/** `of` is the range's type, and its start where one is removed. */
function Dialogs({ pool }: { pool: Pool }) {
  const { dialog, of = '', close } = useDialog()
  const navigate = useNavigate()
  const [kind, start] = of.split(' ')
  const type: RangeType = kind === 'external' ? 'external' : 'internal'
  const range = (type === 'internal' ? pool.ranges : pool.external_ranges).find((one) => one.start === start)
  if (dialog === 'edit') return <PoolForm pool={pool} onClose={close} />
  if (dialog === 'delete')
    return (
      <DeletePool
        name={pool.name}
        onClose={close}
        onDeleted={() => void navigate({ to: '/network/pools' })}
      />
    )
  if (dialog === 'add-range') return <RangeForm pool={pool} type={type} onClose={close} />
  if (dialog === 'remove-range' && range)
    return <RemoveRange pool={pool.name} type={type} range={range} onClose={close} />
  return null
}
