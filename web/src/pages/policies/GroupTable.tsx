import { Button } from '@patternfly/react-core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useChange } from '../../api/query.ts'
import { notify } from '../../components/notices.ts'
import { ActionLabel } from '../../components/policy/ActionLabel.tsx'
import { useRefusalText } from '../../components/Refusal.tsx'
import { DataTable } from '../../ui/DataTable.tsx'
import { EmptyNote } from '../../ui/EmptyNote.tsx'
import { RowMenu } from '../../ui/RowMenu.tsx'
import { EnabledLabel } from './EnabledLabel.tsx'
import type { PolicyGroupView } from './groups-api.ts'

export interface GroupTableProps {
  groups: readonly PolicyGroupView[] | undefined
  /** There are none, whatever is searched for. */
  isNone: boolean
  create: ReactNode
  refusal: string | undefined
  onChoose: (dialog: string, id: string) => void
  onClear: () => void
}

export function GroupTable({ groups, isNone, create, refusal, onChoose, onClear }: GroupTableProps) {
  const { t } = useTranslation(['policies', 'common'])
  return (
    <DataTable
      label={t('policyGroups')}
      rows={groups}
      rowKey={({ id }) => id}
      columns={[
        {
          key: 'name',
          title: t('common:name'),
          render: ({ id, name }) => (
            <Link to="/network/policies/$id" params={{ id }}>
              {name}
            </Link>
          ),
        },
        {
          key: 'state',
          title: t('common:state'),
          render: (group) => <EnabledLabel isEnabled={group.enabled} />,
        },
        {
          key: 'default',
          title: t('defaultAction'),
          render: (group) => <ActionLabel action={group.default_action} />,
        },
        {
          key: 'scope',
          title: t('scope'),
          render: (group) => t(group.global ? 'everybody' : 'ownGroup'),
        },
        { key: 'owner', title: t('owner'), render: ({ user }) => user },
        { key: 'group', title: t('group'), render: ({ group }) => group },
        { key: 'description', title: t('description'), render: ({ description }) => description },
      ]}
      rowActions={(group) => <GroupMenu group={group} refusal={refusal} onChoose={onChoose} />}
      empty={
        isNone ? (
          <EmptyNote title={t('noGroups')} action={create}>
            {t('noGroupsHint')}
          </EmptyNote>
        ) : (
          <EmptyNote
            title={t('common:nothingFound')}
            action={
              <Button variant="link" onClick={onClear}>
                {t('common:clearFilters')}
              </Button>
            }
          />
        )
      }
    />
  )
}

interface GroupMenuProps extends Pick<GroupTableProps, 'refusal' | 'onChoose'> {
  group: PolicyGroupView
}

function GroupMenu({ group: { id, name, enabled }, refusal, onChoose }: GroupMenuProps) {
  const { t } = useTranslation(['policies', 'common'])
  const textOf = useRefusalText()
  const modify = useChange('put', '/security_policy_groups/{id}', {
    onError: (error) => notify({ kind: 'danger', title: name, text: textOf(error) }),
  })
  return (
    <RowMenu
      name={name}
      verbs={[
        { key: 'edit', title: t('common:edit'), refusal, onChoose: () => onChoose('edit', id) },
        {
          key: 'enable',
          title: t(enabled ? 'disable' : 'enable'),
          refusal: refusal ?? (modify.isPending ? t('saving') : undefined),
          onChoose: () => modify.mutate({ params: { path: { id } }, body: { enabled: !enabled } }),
        },
        {
          key: 'delete',
          title: t('common:delete'),
          isDanger: true,
          refusal,
          onChoose: () => onChoose('delete', id),
        },
      ]}
    />
  )
}
