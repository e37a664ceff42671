import {
  Button,
  Card,
  CardBody,
  CardTitle,
  Checkbox,
  Gallery,
  PageSection,
  Switch,
} from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Answer } from '../../api/client.ts'
import { queryClient, reading, useChange } from '../../api/query.ts'
import { Needs } from '../../components/Needs.tsx'
import { PageHead } from '../../components/PageHead.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { useMissing } from '../../components/use-missing.ts'
import { DeletePerson } from './DeletePerson.tsx'
import { GroupMembers } from './GroupMembers.tsx'
import { GroupQuota } from './GroupQuota.tsx'

export function Group() {
  return (
    <Needs permission="identity.read">
      <GroupPage />
    </Needs>
  )
}

function GroupPage() {
  const { t } = useTranslation(['people', 'common'])
  const { group: name } = useParams({ from: '/framed/people/groups/$group' })
  const { dialog, open, close } = useDialog()
  const navigate = useNavigate()
  const refusal = useMissing('identity.write')
  const {
    data: group,
    error,
    refetch,
  } = useQuery(reading('/user_groups/{name}', { params: { path: { name } } }))
  return (
    <>
      <PageHead
        title={group?.display || name}
        crumbs={[{ title: t('groups'), to: '/people/groups' }]}
        actions={
          <Button variant="danger" isAriaDisabled={refusal !== undefined} onClick={() => open('delete')}>
            {t('common:delete')}
          </Button>
        }
      />
      <PageSection isFilled>
        <Refusal error={error} onRetry={() => void refetch()} />
        {group && (
          <Gallery hasGutter minWidths={{ default: '100%', md: '22rem' }}>
            <GroupMembers group={name} members={group.member} />
            <GroupRoles group={group} />
            <GroupQuota key={JSON.stringify(group.quota)} group={group} />
            <GroupVisibility group={group} />
          </Gallery>
        )}
      </PageSection>
      {dialog === 'delete' && (
        <DeletePerson
          kind="group"
          name={name}
          onClose={close}
          onDeleted={() => void navigate({ to: '/people/groups' })}
        />
      )}
    </>
  )
}

/** What was just chosen is shown so until what is recorded has come. */
const useSave = () =>
  useChange('put', '/user_groups/{name}', {
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['/user_groups/{name}'] }),
  })

type GroupView = Answer<'/user_groups/{name}', 'get'>

function GroupRoles({ group: { name, role } }: { group: GroupView }) {
  const { t } = useTranslation(['people', 'common'])
  const { data: all = [] } = useQuery(reading('/roles'))
  const refusal = useMissing('identity.write')
  const save = useSave()
  const shown = (save.isPending ? save.variables.body?.role : undefined) ?? role
  return (
    <Card isCompact>
      <CardTitle component="h2">{t('rolesOfGroup')}</CardTitle>
      <CardBody>
        <p>{t('rolesText')}</p>
        <div className="choices">
          {all.map((entry) => (
            <Checkbox
              key={entry}
              id={`role-${entry}`}
              label={entry}
              isChecked={shown.includes(entry)}
              isDisabled={refusal !== undefined || save.isPending}
              onChange={(_, isOn) =>
                save.mutate({
                  params: { path: { name } },
                  body: { role: isOn ? [...role, entry] : role.filter((other) => other !== entry) },
                })
              }
            />
          ))}
        </div>
        <Refusal error={save.error} />
      </CardBody>
    </Card>
  )
}

function GroupVisibility({ group: { name, visibility } }: { group: GroupView }) {
  const { t } = useTranslation(['people', 'common'])
  const refusal = useMissing('identity.write')
  const save = useSave()
  const shown = { ...visibility, ...(save.isPending ? save.variables.body?.visibility : {}) }
  const words = {
    instance_visible: t('instancesVisible'),
    disk_image_visible: t('diskImagesVisible'),
    media_image_visible: t('mediaImagesVisible'),
  }
  return (
    <Card isCompact>
      <CardTitle component="h2">{t('visibility')}</CardTitle>
      <CardBody>
        <p>{t('visibilityText')}</p>
        <div className="choices">
          {(['instance_visible', 'disk_image_visible', 'media_image_visible'] as const).map((what) => (
            <div key={what}>
              <Switch
                id={what}
                label={words[what]}
                isChecked={shown[what] ?? true}
                isDisabled={refusal !== undefined || save.isPending}
                onChange={(_, isOn) =>
                  save.mutate({
                    params: { path: { name } },
                    body: { visibility: { ...visibility, [what]: isOn } },
                  })
                }
              />
            </div>
          ))}
        </div>
        <Refusal error={save.error} />
      </CardBody>
    </Card>
  )
}
