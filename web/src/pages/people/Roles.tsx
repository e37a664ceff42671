import { Button, PageSection } from '@patternfly/react-core'
import { useQueries, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { Needs } from '../../components/Needs.tsx'
import { PageHead } from '../../components/PageHead.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { useMissing } from '../../components/use-missing.ts'
import { DataTable } from '../../ui/DataTable.tsx'
import { EmptyNote } from '../../ui/EmptyNote.tsx'
import { RowMenu } from '../../ui/RowMenu.tsx'
import { CreateRole } from './CreateRole.tsx'
import { DeletePerson } from './DeletePerson.tsx'

export function Roles() {
  return (
    <Needs permission="identity.read">
      <RoleList />
    </Needs>
  )
}

function RoleList() {
  const { t } = useTranslation(['people', 'common'])
  const { dialog, of = '', open, close } = useDialog()
  const { data: names, error, refetch } = useQuery(reading('/roles'))
  const known = useQueries({
    queries: (names ?? []).map((name) => reading('/roles/{name}', { params: { path: { name } } })),
  })
  const refusal = useMissing('identity.write')
  const rows = names?.map((name, index) => ({ name, role: known[index]?.data }))
  const create = (
    <Button isAriaDisabled={refusal !== undefined} onClick={() => open('create')}>
      {t('createRole')}
    </Button>
  )
  return (
    <>
      <PageHead title={t('roles')} actions={create} />
      <PageSection isFilled>
        <Refusal error={error} onRetry={() => void refetch()} />
        <DataTable
          label={t('roles')}
          rows={rows}
          rowKey={({ name }) => name}
          columns={[
            {
              key: 'name',
              title: t('roleName'),
              render: ({ name }) => (
                <Link to="/people/roles/$role" params={{ role: name }}>
                  {name}
                </Link>
              ),
            },
            { key: 'menu', title: t('menu'), render: ({ role }) => role?.menu.join(', ') ?? '' },
            {
              key: 'resource',
              title: t('permissions'),
              render: ({ role }) => (role?.resource.includes('*') ? t('everything') : role?.resource.length),
              modifier: 'nowrap',
            },
          ]}
          rowActions={({ name }) => (
            <RowMenu
              name={name}
              verbs={[
                {
                  key: 'delete',
                  title: t('common:delete'),
                  isDanger: true,
                  onChoose: () => open('delete', name),
                  refusal,
                },
              ]}
            />
          )}
          empty={
            <EmptyNote title={t('noRoles')} action={create}>
              {t('noRolesText')}
            </EmptyNote>
          }
        />
      </PageSection>
      {dialog === 'create' && <CreateRole onClose={close} />}
      {dialog === 'delete' && <DeletePerson kind="role" name={of} onClose={close} />}
    </>
  )
}
