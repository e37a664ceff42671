import { Card, CardBody, CardTitle, Checkbox } from '@patternfly/react-core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { call } from '../../api/client.ts'
import { queryClient, reading } from '../../api/query.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { useMissing } from '../../components/use-missing.ts'

/** The groups of a user, to be ticked. */
export function UserGroups({ name, groups }: { name: string; groups: readonly string[] }) {
  const { t } = useTranslation('people')
  const { data: all = [] } = useQuery(reading('/user_groups'))
  const refusal = useMissing('identity.write')
  const move = useMutation({
    mutationFn: ({ group, isIn }: { group: string; isIn: boolean }) =>
      call(isIn ? 'post' : 'delete', '/user_groups/{name}/members/{user}', {
        params: { path: { name: group, user: name } },
      }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['/users/{name}'] }),
  })
  // What was just ticked is shown so at once, until what is recorded has come.
  const isIn = (group: string) =>
    move.isPending && move.variables.group === group ? move.variables.isIn : groups.includes(group)
  return (
    <Card isCompact>
      <CardTitle component="h2">{t('inGroups')}</CardTitle>
      <CardBody>
        {groups.length === 0 && <p>{t('noGroup')}</p>}
        <div className="choices">
          {all.map((group) => (
            <Checkbox
              key={group.name}
              id={`group-${group.name}`}
              label={group.name}
              description={group.display}
              isChecked={isIn(group.name)}
              isDisabled={refusal !== undefined || move.isPending}
              onChange={(_, checked) => move.mutate({ group: group.name, isIn: checked })}
            />
          ))}
        </div>
        <Refusal error={move.error} />
      </CardBody>
    </Card>
  )
}
