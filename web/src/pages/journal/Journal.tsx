import {
  Button,
  FormSelect,
  FormSelectOption,
  PageSection,
  TextInput,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { readingPage } from '../../api/query.ts'
import { Needs } from '../../components/Needs.tsx'
import { PageHead } from '../../components/PageHead.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { useFilters } from '../../components/use-filters.ts'
import { DataTable } from '../../ui/DataTable.tsx'
import { EmptyNote } from '../../ui/EmptyNote.tsx'
import { timeText } from '../../ui/format.ts'
import { ChainState } from './ChainState.tsx'
import { JournalChanges } from './JournalChanges.tsx'

const pageSize = 50
const filterNames = ['who', 'table', 'key', 'request_id', 'after', 'before'] as const

/** As src/db/schema.ts names them. */
const tables = [
  'address',
  'address_pool',
  'address_range',
  'cell',
  'compute_pool',
  'guest',
  'image',
  'log_entry',
  'lun_claim',
  'membership',
  'role',
  'security_policy_group',
  'setting',
  'snapshot',
  'storage_pool',
  'template',
  'token',
  'user',
  'user_group',
  'volume',
]

export function Journal() {
  return (
    <Needs permission="journal.read">
      <Entries />
    </Needs>
  )
}

/** The API takes times in UTC; a browser's field gives them in its zone, without one. */
const asUtc = (local: string | undefined) => (local ? new Date(local).toISOString() : undefined)

function Entries() {
  const { t, i18n } = useTranslation(['journal', 'common'])
  const { values, set, clear, isFiltered } = useFilters(filterNames)
  const [limit, setLimit] = useState(pageSize)
  const query = {
    ...values,
    ...(values.after ? { after: asUtc(values.after) } : {}),
    ...(values.before ? { before: asUtc(values.before) } : {}),
    limit: String(limit),
  }
  const { data, error, refetch, isFetching } = useQuery(readingPage('/journal', { params: { query } }))
  const text = (name: 'who' | 'key' | 'request_id', label: string) => (
    <ToolbarItem>
      <TextInput
        aria-label={label}
        placeholder={label}
        value={values[name] ?? ''}
        onChange={(_, value) => set({ [name]: value })}
      />
    </ToolbarItem>
  )
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
      <PageHead title={t('title')} />
      <PageSection isFilled>
        <ChainState />
        <Toolbar inset={{ default: 'insetNone' }} aria-label={t('filters')}>
          <ToolbarContent>
            {text('who', t('who'))}
            <ToolbarItem>
              <FormSelect
                aria-label={t('table')}
                value={values.table ?? ''}
                onChange={(_, value) => set({ table: value })}
              >
                <FormSelectOption value="" label={t('anyTable')} />
                {tables.map((table) => (
                  <FormSelectOption key={table} value={table} label={table} />
                ))}
              </FormSelect>
            </ToolbarItem>
            {text('key', t('key'))}
            {text('request_id', t('request'))}
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
          label={t('title')}
          rows={data?.entries}
          rowKey={({ revision }) => String(revision)}
          columns={[
            {
              key: 'time',
              title: t('when'),
              modifier: 'nowrap',
              render: (entry) => timeText(entry.time, i18n.language),
            },
            { key: 'who', title: t('who'), render: ({ who }) => who },
            { key: 'action', title: t('action'), render: ({ action }) => action },
            {
              key: 'changes',
              title: t('what'),
              render: ({ changes }) => <JournalChanges changes={changes} />,
            },
            {
              key: 'request',
              title: t('request'),
              render: ({ request_id }) => (
                <Button variant="link" isInline onClick={() => set({ request_id })}>
                  {request_id}
                </Button>
              ),
            },
          ]}
          empty={
            <EmptyNote title={isFiltered ? t('common:nothingFound') : t('none')}>
              {isFiltered ? t('common:nothingFoundHint') : t('noneText')}
            </EmptyNote>
          }
        />
        {data && data.entries.length > 0 && (
          <p className="list-foot">
            {t('shown', { shown: data.entries.length, total: data.total })}
            {data.entries.length < data.total && (
              <Button variant="link" isLoading={isFetching} onClick={() => setLimit(limit + pageSize)}>
                {t('more')}
              </Button>
            )}
          </p>
        )}
      </PageSection>
    </>
  )
}
