import './create.css'
import { Button, Label, PageSection, Progress } from '@patternfly/react-core'
import CheckCircleIcon from '@patternfly/react-icons/dist/esm/icons/check-circle-icon'
import ExclamationCircleIcon from '@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon'
import InProgressIcon from '@patternfly/react-icons/dist/esm/icons/in-progress-icon'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Answer } from '../../api/client.ts'
import { reading, useChange } from '../../api/query.ts'
import { PageHead } from '../../components/PageHead.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { Confirm } from '../../ui/Confirm.tsx'
import { DataTable } from '../../ui/DataTable.tsx'
import { EmptyNote } from '../../ui/EmptyNote.tsx'

type Item = Answer<'/batch/create_guest/{id}', 'get'>[number]

const lookMs = 2000
const hasEnded = ({ status }: Item) => status === 'created' || status === 'fail'

/** How far each guest of a batch is. */
export function BatchProgress({ id }: { id: string }) {
  const { t } = useTranslation(['create', 'common', 'frame'])
  const { dialog, open } = useDialog()
  const { data, error, refetch } = useQuery({
    ...reading('/batch/create_guest/{id}', { params: { path: { id } } }),
    refetchInterval: ({ state }) => (state.error || state.data?.every(hasEnded) ? false : lookMs),
  })
  const isOver = data?.every(hasEnded) ?? false
  return (
    <>
      <PageHead
        title={t('batchTitle', { count: data?.length ?? 0 })}
        crumbs={[{ title: t('frame:instances'), to: '/instances' }]}
        actions={
          <>
            <Button variant="secondary" isDisabled={!data || isOver} onClick={() => open('cancel')}>
              {t('cancelBatch')}
            </Button>
            <Link to="/instances">{t('toInstances')}</Link>
          </>
        }
      />
      <PageSection isFilled>
        <div className="create-progress">
          {data && <Sum items={data} />}
          {error ? <Refusal error={error} onRetry={() => void refetch()} /> : <Items items={data} />}
        </div>
      </PageSection>
      {dialog === 'cancel' && !isOver && <Cancel id={id} />}
    </>
  )
}

function Sum({ items }: { items: readonly Item[] }) {
  const { t } = useTranslation(['create', 'common', 'frame'])
  const created = items.filter(({ status }) => status === 'created').length
  const failed = items.filter(({ status }) => status === 'fail').length
  return (
    <Progress
      title={
        failed > 0
          ? t('batchSumFailed', { created, failed, count: items.length })
          : t('batchSum', { created, count: items.length })
      }
      value={created + failed}
      max={items.length}
      measureLocation="none"
      {...(failed > 0 ? { variant: 'danger' } : created === items.length ? { variant: 'success' } : {})}
    />
  )
}

function Items({ items }: { items: readonly Item[] | undefined }) {
  const { t } = useTranslation(['create', 'common', 'frame'])
  return (
    <DataTable
      label={t('batchItems')}
      rows={items}
      rowKey={({ id }) => id}
      empty={<EmptyNote title={t('common:nothingFound')} />}
      columns={[
        {
          key: 'name',
          title: t('common:name'),
          render: ({ id, name, status }) =>
            status === 'created' ? (
              <Link to="/instances/$id/overview" params={{ id }}>
                {name}
              </Link>
            ) : (
              name
            ),
        },
        { key: 'state', title: t('common:state'), render: (item) => <ItemState item={item} /> },
        { key: 'error', title: t('why'), render: ({ error }) => error ?? '' },
      ]}
    />
  )
}

function ItemState({ item: { status, progress = 0 } }: { item: Item }) {
  const { t } = useTranslation(['create', 'common', 'frame'])
  if (status === 'created')
    return (
      <Label isCompact variant="outline" color="green" icon={<CheckCircleIcon />}>
        {t('item_created')}
      </Label>
    )
  if (status === 'fail')
    return (
      <Label isCompact variant="outline" color="red" icon={<ExclamationCircleIcon />}>
        {t('item_fail')}
      </Label>
    )
  return (
    <Label isCompact variant="outline" color="blue" icon={<InProgressIcon />}>
      {t('item_creating', { percent: progress })}
    </Label>
  )
}

/** What was begun is finished or taken back; what is there stays. */
function Cancel({ id }: { id: string }) {
  const { t } = useTranslation(['create', 'common', 'frame'])
  const { close } = useDialog()
  const cancel = useChange('delete', '/tasks/{id}', { onSuccess: close })
  return (
    <Confirm
      title={t('cancelBatchTitle')}
      verb={t('cancelBatch')}
      isDanger
      isPending={cancel.isPending}
      error={<Refusal error={cancel.error} />}
      onConfirm={() => cancel.mutate({ params: { path: { id } } })}
      onClose={close}
    >
      <p>{t('cancelBatchBody')}</p>
    </Confirm>
  )
}
