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
import { CreateUser } from './CreateUser.tsx'
import { DeletePerson } from './DeletePerson.tsx'
import { SetPassword } from './SetPassword.tsx'

export function Users() {
  return (
    <Needs permission="identity.read">
      <UserList />
    </Needs>
  )
}

const details = (name: string) => reading('/users/{name}', { params: { path: { name } } })

function UserList() {
  const { t } = useTranslation(['people', 'common'])
  const { dialog, of = '', open, close } = useDialog()
  const { data: names, error, refetch } = useQuery(reading('/users'))
  const known = useQueries({ queries: (names ?? []).map(details) })
  const refusal = useMissing('identity.write')
  const rows = names?.map((name, index) => ({ name, user: known[index]?.data }))
  const create = (
    <Button isAriaDisabled={refusal !== undefined} onClick={() => open('create')}>
      {t('createUser')}
    </Button>
  )
  return (
    <>
      <PageHead title={t('users')} actions={create} />
      <PageSection isFilled>
        <Refusal error={error} onRetry={() => void refetch()} />
        <DataTable
          label={t('users')}
          rows={rows}
          rowKey={({ name }) => name}
          columns={[
            {
              key: 'name',
              title: t('userName'),
              render: ({ name }) => (
                <Link to="/people/users/$user" params={{ user: name }}>
                  {name}
                </Link>
              ),
            },
            { key: 'nick', title: t('nick'), render: ({ user }) => user?.nick ?? '' },
            { key: 'mail', title: t('mail'), render: ({ user }) => user?.mail ?? '' },
            {
              key: 'groups',
              title: t('inGroups'),
              render: ({ user }) => (user?.group.length === 0 ? t('noGroup') : user?.group.join(', ')),
            },
          ]}
          rowActions={({ name }) => (
            <RowMenu
              name={name}
              verbs={[
                { key: 'password', title: t('setPassword'), onChoose: () => open('password', name), refusal },
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
            <EmptyNote title={t('noUsers')} action={create}>
              {t('noUsersText')}
            </EmptyNote>
          }
        />
      </PageSection>
      {dialog === 'create' && <CreateUser onClose={close} />}
      {dialog === 'password' && <SetPassword user={of} onClose={close} />}
      {dialog === 'delete' && <DeletePerson kind="user" name={of} onClose={close} />}
    </>
  )
}
