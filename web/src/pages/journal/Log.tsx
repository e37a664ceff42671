import { Button, PageSection, TextInput, Toolbar, ToolbarContent, ToolbarItem } from '@patternfly/react-core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call } from '../../api/client.ts'
import { readingPage } from '../../api/query.ts'
import { useMay } from '../../api/session.ts'
import { Needs } from '../../components/Needs.tsx'
import { PageHead } from '../../components/PageHead.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { useFilters } from '../../components/use-filters.ts'
import { Confirm } from '../../ui/Confirm.tsx'
import { DataTable } from '../../ui/DataTable.tsx'
import { EmptyNote } from '../../ui/EmptyNote.tsx'
import { timeText } from '../../ui/format.ts'

const pageSize = 100

export function Log() {
  return (
    <Needs permission="log.read">
      <LogEntries />
    </Needs>
  )
}

function LogEntries() {
  const { t, i18n } = useTranslation(['journal', 'common'])
  const { values, set, clear, isFiltered } = useFilters(['after', 'before'])
  const { dialog, open, close } = useDialog()
  const [limit, setLimit] = useState(pageSize)
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const mayDelete = useMay('log.write')
  const times = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, new Date(value).toISOString()]),
  )
  const { data, error, refetch, isFetching } = useQuery(
    readingPage('/logs', { params: { query: { ...times, limit: String(limit) } } }),
  )
  // The list alone is what callers at the root get; below /api/v1 its total comes along.
  const page = data && ('logs' in data ? data : { logs: data, total: data.length })
  const remove = useMutation({
    mutationFn: () => call('delete', '/logs', { body: { entries: [...selected] } }),
    onSuccess: () => {
      setSelected(new Set())
      close()
    },
  })
  const time = (name: 'after' | 'before', label: string) => (
    <ToolbarItem>
      <TextInput
        type="datetime-local"
        aria-label={label}
        title={label}
        value={values[name] ?? ''}
        onChange={(_, value) => set({ [name]: value })}
      />
    </ToolbarItem>
  )
  return (
    <>
      <PageHead
        title={t('logTitle')}
        actions={
          <Button
            variant="danger"
            isAriaDisabled={selected.size === 0 || !mayDelete}
            {...(mayDelete ? {} : { title: t('common:missingPermission', { permission: 'log.write' }) })}
            onClick={() => open('delete')}
          >
            {t('deleteEntries', { count: selected.size })}
          </Button>
        }
      />
      <PageSection isFilled>
        <Toolbar inset={{ default: 'insetNone' }} aria-label={t('filters')}>
          <ToolbarContent>
            {time('after', t('after'))}
            {time('before', t('before'))}
            {isFiltered && (
              <ToolbarItem>
                <Button variant="link" onClick={clear}>
                  {t('common:clearFilters')}
                </Button>
              </ToolbarItem>
            )}
          </ToolbarContent>
        </Toolbar>
        <Refusal error={error} onRetry={() => void refetch()} />
        <DataTable
          label={t('logTitle')}
          rows={page?.logs}
          rowKey={({ id }) => id}
          rowName={({ content }) => content}
          selected={selected}
          onSelect={(id, isSelected) => {
            const next = new Set(selected)
            if (isSelected) next.add(id)
            else next.delete(id)
            setSelected(next)
          }}
          columns={[
            {
              key: 'time',
              title: t('time'),
              modifier: 'nowrap',
              render: (entry) => timeText(entry.time, i18n.language),
            },
            { key: 'content', title: t('entry'), modifier: 'breakWord', render: ({ content }) => content },
          ]}
          empty={<EmptyNote title={t('noLogs')}>{t('noLogsText')}</EmptyNote>}
        />
        {page && page.logs.length < page.total && (
          <p className="list-foot">
            {t('shown', { shown: page.logs.length, total: page.total })}
            <Button variant="link" isLoading={isFetching} onClick={() => setLimit(limit + pageSize)}>
              {t('more')}
            </Button>
          </p>
        )}
      </PageSection>
      {dialog === 'delete' && selected.size > 0 && (
        <Confirm
          title={t('deleteEntries', { count: selected.size })}
          verb={t('common:delete')}
          isDanger
          isPending={remove.isPending}
          error={<Refusal error={remove.error} />}
          onConfirm={() => remove.mutate()}
          onClose={close}
        >
          {t('deleteEntriesText')}
        </Confirm>
      )}
    </>
  )
}
