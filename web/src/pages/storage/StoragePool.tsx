import './storage.css'
import { Button, Card, CardBody, CardTitle, PageSection, Skeleton, Title } from '@patternfly/react-core'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useMay } from '../../api/session.ts'
import { Needs } from '../../components/Needs.tsx'
import { PageHead } from '../../components/PageHead.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { Note } from '../../ui/Note.tsx'
import { Ledger } from './Ledger.tsx'
import { PoolCapabilities } from './PoolCapabilities.tsx'
import { PoolDialogs } from './PoolDialogs.tsx'
import { PoolFacts } from './PoolFacts.tsx'
import { PoolState, usePool } from './PoolFigures.tsx'

const route = getRouteApi('/framed/storage/$pool')

/** One storage pool: what it is, how full, what it can do, and every volume on it. */
export function StoragePool() {
  const { pool: name } = route.useParams()
  const { t } = useTranslation(['storage', 'common'])
  const { open } = useDialog()
  const mayWrite = useMay('storage.write')
  const missing = mayWrite ? {} : { title: t('common:missingPermission', { permission: 'storage.write' }) }
  return (
    <>
      <PageHead
        title={name}
        crumbs={[{ title: t('pools'), to: '/storage' }]}
        state={<PoolState name={name} />}
        actions={
          <>
            <Button
              variant="secondary"
              isAriaDisabled={!mayWrite}
              {...missing}
              onClick={() => open('delete')}
            >
              {t('forget')}
            </Button>
            <Button isAriaDisabled={!mayWrite} {...missing} onClick={() => open('modify')}>
              {t('modify')}
            </Button>
          </>
        }
      />
      <Needs permission="storage.read">
        <PageSection isFilled>
          <div className="storage-page">
            <Overview name={name} />
            <Ledger pool={name} />
          </div>
        </PageSection>
      </Needs>
      <PoolDialogs pool={name} />
    </>
  )
}

function Overview({ name }: { name: string }) {
  const { t } = useTranslation('storage')
  const { data, error, refetch } = usePool(name)
  if (!data)
    return error ? (
      <Refusal error={error} onRetry={() => void refetch()} />
    ) : (
      <Skeleton height="10rem" screenreaderText={t('pools')} />
    )
  return (
    <>
      {data.error !== '' && (
        <Note
          kind="danger"
          title={data.error}
          actions={
            <Button variant="link" isInline onClick={() => void refetch()}>
              {t('askAgain')}
            </Button>
          }
        >
          {t('silentHint')}
        </Note>
      )}
      {data.over_committed && (
        <Note kind="warning" title={t('overCommitted')}>
          {t('overCommittedHint')}
        </Note>
      )}
      <div className="storage-cards">
        <Card isCompact>
          <CardTitle>
            <Title headingLevel="h2" size="md">
              {t('overview')}
            </Title>
          </CardTitle>
          <CardBody>
            <PoolFacts pool={data} />
          </CardBody>
        </Card>
        <Card isCompact>
          <CardTitle>
            <Title headingLevel="h2" size="md">
              {t('capabilities')}
            </Title>
          </CardTitle>
          <CardBody>
            <PoolCapabilities capabilities={data.capabilities} />
          </CardBody>
        </Card>
      </div>
    </>
  )
}
