import { Button, Card, CardBody, CardTitle, Gallery, PageSection } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { useSession } from '../../api/session.ts'
import { PageHead } from '../../components/PageHead.tsx'
import { ProfileForm } from '../../components/ProfileForm.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { SessionTable } from '../../components/SessionTable.tsx'
import { TokenTable } from '../../components/TokenTable.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { CopyText } from '../../ui/CopyText.tsx'
import { CreateToken } from './CreateToken.tsx'
import { OwnPassword } from './OwnPassword.tsx'

/** One's own account. */
export function Profile() {
  const { t } = useTranslation('profile')
  const { user: name, groups } = useSession()
  const { dialog, open, close } = useDialog()
  const { data: user, error, refetch } = useQuery(reading('/users/{name}', { params: { path: { name } } }))
  return (
    <>
      <PageHead
        title={t('title')}
        actions={<Button onClick={() => open('token')}>{t('createToken')}</Button>}
      />
      <PageSection isFilled>
        <Refusal error={error} onRetry={() => void refetch()} />
        <Gallery hasGutter minWidths={{ default: '100%', md: '24rem' }}>
          <Card isCompact>
            <CardTitle component="h2">{t('about')}</CardTitle>
            <CardBody>
              <p>
                <CopyText text={name} />
              </p>
              <p>
                {t('memberOf')}: {groups.join(', ')}
              </p>
              {user && <ProfileForm key={`${user.nick} ${user.mail}`} name={name} user={user} />}
            </CardBody>
          </Card>
          <Card isCompact>
            <CardTitle component="h2">{t('password')}</CardTitle>
            <CardBody>
              <OwnPassword name={name} />
            </CardBody>
          </Card>
          <Card isCompact>
            <CardTitle component="h2">{t('tokens')}</CardTitle>
            <CardBody>
              <TokenTable user={name} />
            </CardBody>
          </Card>
          <Card isCompact>
            <CardTitle component="h2">{t('sessions')}</CardTitle>
            <CardBody>
              <SessionTable user={name} />
            </CardBody>
          </Card>
        </Gallery>
      </PageSection>
      {dialog === 'token' && <CreateToken onClose={close} />}
    </>
  )
}
