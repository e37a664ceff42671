import './templates.css'
import {
  Button,
  PageSection,
  SearchInput,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Answer } from '../../api/client.ts'
import { reading } from '../../api/query.ts'
import { useMay } from '../../api/session.ts'
import { Needs } from '../../components/Needs.tsx'
import { PageHead } from '../../components/PageHead.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { DataTable } from '../../ui/DataTable.tsx'
import { EmptyNote } from '../../ui/EmptyNote.tsx'
import { timeText } from '../../ui/format.ts'
import { RowMenu, type Verb } from '../../ui/RowMenu.tsx'
import { CreateTemplate, DeleteTemplate } from './TemplateDialogs.tsx'

type Row = Answer<'/templates', 'get'>[number]

const route = getRouteApi('/framed/templates')

/** Profiles of guest systems: which devices a guest gets. */
export function Templates() {
  const { t } = useTranslation(['templates', 'common'])
  const navigate = route.useNavigate()
  const mayWrite = useMay('compute.write')
  return (
    <>
      <PageHead
        title={t('title')}
        actions={
          <Button
            isAriaDisabled={!mayWrite}
            {...(mayWrite ? {} : { title: t('common:missingPermission', { permission: 'compute.write' }) })}
            onClick={() => void navigate({ search: (now) => ({ ...now, dialog: 'create' }) })}
          >
            {t('create')}
          </Button>
        }
      />
      <PageSection isFilled>
        <Needs permission="compute.read">
          <List />
        </Needs>
      </PageSection>
    </>
  )
}

function List() {
  const { t, i18n } = useTranslation(['templates', 'common'])
  const { q = '' } = route.useSearch()
  const navigate = route.useNavigate()
  const { data, error, refetch } = useQuery(reading('/templates'))
  if (error) return <Refusal error={error} onRetry={() => void refetch()} />
  const wanted = q.toLowerCase()
  const rows = data?.filter(
    ({ id, name }) => id.toLowerCase().includes(wanted) || name.toLowerCase().includes(wanted),
  )
  const find = (text: string) =>
    void navigate({ search: (now) => ({ ...now, q: text === '' ? undefined : text }), replace: true })
  return (
    <>
      <Toolbar inset={{ default: 'insetNone' }}>
        <ToolbarContent>
          <ToolbarItem>
            <SearchInput
              aria-label={t('find')}
              placeholder={t('find')}
              value={q}
              onChange={(_, text) => find(text)}
              onClear={() => find('')}
            />
          </ToolbarItem>
        </ToolbarContent>
      </Toolbar>
      <DataTable
        label={t('title')}
        rows={rows}
        rowKey={({ id }) => id}
        empty={<NoTemplates isFiltered={q !== ''} onClear={() => find('')} />}
        columns={[
          {
            key: 'name',
            title: t('common:name'),
            render: ({ id, name }) => (
              <Link to="/templates/$id" params={{ id }}>
                {name}
              </Link>
            ),
          },
          { key: 'id', title: t('id'), render: ({ id }) => <span className="template-id">{id}</span> },
          {
            key: 'system',
            title: t('operating_system'),
            render: ({ operating_system }) => operating_system,
          },
          {
            key: 'modified',
            title: t('modified'),
            render: ({ modified_time }) => timeText(modified_time, i18n.language),
          },
        ]}
        rowActions={(row) => <Menu row={row} />}
      />
      <Dialogs rows={data} />
    </>
  )
}

function NoTemplates({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  const { t } = useTranslation(['templates', 'common'])
  if (!isFiltered) return <EmptyNote title={t('noTemplates')}>{t('noTemplatesHint')}</EmptyNote>
  return (
    <EmptyNote
      title={t('common:nothingFound')}
      action={
        <Button variant="link" onClick={onClear}>
          {t('common:clearFilters')}
        </Button>
      }
    >
      {t('common:nothingFoundHint')}
    </EmptyNote>
  )
}

function Menu({ row: { id, name } }: { row: Row }) {
  const { t } = useTranslation(['templates', 'common'])
  const navigate = route.useNavigate()
  const may = { make: useMay('guest.write'), write: useMay('compute.write') }
  const needs = (isMay: boolean, permission: string) =>
    isMay ? {} : { refusal: t('common:missingPermission', { permission }) }
  const open = (dialog: string) => void navigate({ search: (now) => ({ ...now, dialog, from: id }) })
  const verbs: Verb[] = [
    {
      key: 'use',
      title: t('use'),
      onChoose: () => void navigate({ to: '/instances/new', search: { template: id } }),
      ...needs(may.make, 'guest.write'),
    },
    {
      key: 'edit',
      title: t('common:edit'),
      onChoose: () => void navigate({ to: '/templates/$id', params: { id }, search: { dialog: 'edit' } }),
      ...needs(may.write, 'compute.write'),
    },
    { key: 'copy', title: t('copy'), onChoose: () => open('create'), ...needs(may.write, 'compute.write') },
    {
      key: 'delete',
      title: t('common:delete'),
      isDanger: true,
      onChoose: () => open('delete'),
      ...needs(may.write, 'compute.write'),
    },
  ]
  return <RowMenu name={name} verbs={verbs} />
}

function Dialogs({ rows }: { rows: readonly Row[] | undefined }) {
  const { dialog, from } = route.useSearch()
  const navigate = route.useNavigate()
  const mayWrite = useMay('compute.write')
  const close = () => void navigate({ search: ({ q }) => ({ q }), replace: true })
  if (!mayWrite) return null
  if (dialog === 'create')
    return (
      <CreateTemplate
        from={from}
        onMade={(id) => void navigate({ to: '/templates/$id', params: { id } })}
        onClose={close}
      />
    )
  const row = rows?.find(({ id }) => id === from)
  return dialog === 'delete' && row ? (
    <DeleteTemplate template={row} onDeleted={close} onClose={close} />
  ) : null
}
