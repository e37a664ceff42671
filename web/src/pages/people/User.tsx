import { Button, Card, CardBody, CardTitle, Gallery, PageSection } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { useMay } from '../../api/session.ts'
import { Needs } from '../../components/Needs.tsx'
import { PageHead } from '../../components/PageHead.tsx'
import { ProfileForm } from '../../components/ProfileForm.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { SessionTable } from '../../components/SessionTable.tsx'
import { TokenTable } from '../../components/TokenTable.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { useMissing } from '../../components/use-missing.ts'
import { CopyText } from '../../ui/CopyText.tsx'
import { DeletePerson } from './DeletePerson.tsx'
import { SetPassword } from './SetPassword.tsx'
import { UserGroups } from './UserGroups.tsx'

export function User() {
  return (
    <Needs permission="identity.read">
      <UserPage />
    </Needs>
  )
}

function UserPage() {
  const { t } = useTranslation(['people', 'common'])
  const { user: name } = useParams({ from: '/framed/people/users/$user' })
  const { dialog, open, close } = useDialog()
  const navigate = useNavigate()
  const refusal = useMissing('identity.write')
  const maySeeSessions = useMay('session.read')
  const { data: user, error, refetch } = useQuery(reading('/users/{name}', { params: { path: { name } } }))
  return (
    <>
      <PageHead
        title={name}
        crumbs={[{ title: t('users'), to: '/people/users' }]}
        actions={
          <>
            <Button
              variant="secondary"
              isAriaDisabled={refusal !== undefined}
              onClick={() => open('password')}
            >
              {t('setPassword')}
            </Button>
            <Button variant="danger" isAriaDisabled={refusal !== undefined} onClick={() => open('delete')}>
              {t('common:delete')}
            </Button>
          </>
        }
      />
      <PageSection isFilled>
        <Refusal error={error} onRetry={() => void refetch()} />
        {user && (
          <Gallery hasGutter minWidths={{ default: '100%', md: '24rem' }}>
            <Card isCompact>
              <CardTitle component="h2">{t('details')}</CardTitle>
              <CardBody>
                {t('id')}: <CopyText text={name} />
                <ProfileForm
                  key={`${user.nick} ${user.mail}`}
                  name={name}
                  user={user}
                  isDisabled={refusal !== undefined}
                />
              </CardBody>
            </Card>
            <UserGroups name={name} groups={user.group} />
            <Card isCompact>
              <CardTitle component="h2">{t('tokens')}</CardTitle>
              <CardBody>
                <TokenTable user={name} />
              </CardBody>
            </Card>
            {maySeeSessions && (
              <Card isCompact>
                <CardTitle component="h2">{t('sessions')}</CardTitle>
                <CardBody>
                  <SessionTable user={name} />
                </CardBody>
              </Card>
            )}
          </Gallery>
        )}
      </PageSection>
      {dialog === 'password' && <SetPassword user={name} onClose={close} />}
      {dialog === 'delete' && (
        <DeletePerson
          kind="user"
          name={name}
          onClose={close}
          onDeleted={() => void navigate({ to: '/people/users' })}
        />
      )}
    </>
  )
}
