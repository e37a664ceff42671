import {
  Button,
  Card,
  CardBody,
  CardTitle,
  FormSelect,
  FormSelectOption,
  InputGroup,
  InputGroupItem,
} from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { reading, useChange } from '../../api/query.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { useMissing } from '../../components/use-missing.ts'
import { Confirm } from '../../ui/Confirm.tsx'
import { DataTable } from '../../ui/DataTable.tsx'
import { EmptyNote } from '../../ui/EmptyNote.tsx'

/** Who is in a group. */
export function GroupMembers({ group, members }: { group: string; members: readonly string[] }) {
  const { t } = useTranslation(['people', 'common'])
  const { data: users = [] } = useQuery(reading('/users'))
  const refusal = useMissing('identity.write')
  const [chosen, setChosen] = useState('')
  const [leaving, setLeaving] = useState<string>()
  const add = useChange('post', '/user_groups/{name}/members/{user}', { onSuccess: () => setChosen('') })
  const remove = useChange('delete', '/user_groups/{name}/members/{user}', {
    onSuccess: () => setLeaving(undefined),
  })
  const others = users.filter((user) => !members.includes(user))
  const member = (user: string) => ({ params: { path: { name: group, user } } })
  return (
    <Card isCompact>
      <CardTitle component="h2">{t('members')}</CardTitle>
      <CardBody>
        <InputGroup>
          <InputGroupItem isFill>
            <FormSelect
              aria-label={t('addMember')}
              value={chosen}
              isDisabled={refusal !== undefined || others.length === 0}
              onChange={(_, value) => setChosen(value)}
            >
              <FormSelectOption value="" label={t('addMember')} isDisabled />
              {others.map((user) => (
                <FormSelectOption key={user} value={user} label={user} />
              ))}
            </FormSelect>
          </InputGroupItem>
          <InputGroupItem>
            <Button
              variant="control"
              isDisabled={chosen === ''}
              isLoading={add.isPending}
              onClick={() => add.mutate(member(chosen))}
            >
              {t('common:add')}
            </Button>
          </InputGroupItem>
        </InputGroup>
        <Refusal error={add.error} />
        <DataTable
          label={t('members')}
          rows={members}
          rowKey={(user) => user}
          columns={[
            {
              key: 'name',
              title: t('userName'),
              render: (user) => (
                <Link to="/people/users/$user" params={{ user }}>
                  {user}
                </Link>
              ),
            },
          ]}
          rowActions={(user) => (
            <Button
              variant="link"
              isInline
              isDanger
              isDisabled={refusal !== undefined}
              aria-label={t('removeMember', { name: user })}
              onClick={() => setLeaving(user)}
            >
              {t('common:remove')}
            </Button>
          )}
          empty={<EmptyNote title={t('memberCount', { count: 0 })}>{t('noMembers')}</EmptyNote>}
        />
      </CardBody>
      {leaving !== undefined && (
        <Confirm
          title={t('removeMember', { name: leaving })}
          verb={t('common:remove')}
          isDanger
          isPending={remove.isPending}
          error={<Refusal error={remove.error} />}
          onConfirm={() => remove.mutate(member(leaving))}
          onClose={() => setLeaving(undefined)}
        >
          {t('removeMemberText', { name: leaving })}
        </Confirm>
      )}
    </Card>
  )
}
