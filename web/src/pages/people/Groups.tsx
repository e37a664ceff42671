import { Button, PageSection } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
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
import { CreateGroup } from './CreateGroup.tsx'
import { DeletePerson } from './DeletePerson.tsx'

export function Groups() {
  return (
    <Needs permission="identity.read">
      <GroupList />
    </Needs>
  )
}

function GroupList() {
  const { t } = useTranslation(['people', 'common'])
  const { dialog, of = '', open, close } = useDialog()
  const { data, error, refetch } = useQuery(reading('/user_groups'))
  const refusal = useMissing('identity.write')
  const create = (
    <Button isAriaDisabled={refusal !== undefined} onClick={() => open('create')}>
      {t('createGroup')}
    </Button>
  )
  return (
    <>
      <PageHead title={t('groups')} actions={create} />
      <PageSection isFilled>
        <Refusal error={error} onRetry={() => void refetch()} />
        <DataTable
          label={t('groups')}
          rows={data}
          rowKey={({ name }) => name}
          columns={[
            {
              key: 'name',
              title: t('groupName'),
              render: ({ name }) => (
                <Link to="/people/groups/$group" params={{ group: name }}>
                  {name}
                </Link>
              ),
            },
            { key: 'display', title: t('display'), render: ({ display }) => display },
            { key: 'member', title: t('members'), render: ({ member }) => member },
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
            <EmptyNote title={t('noGroups')} action={create}>
              {t('noGroupsText')}
            </EmptyNote>
          }
        />
      </PageSection>
      {dialog === 'create' && <CreateGroup onClose={close} />}
      {dialog === 'delete' && <DeletePerson kind="group" name={of} onClose={close} />}
    </>
  )
}
