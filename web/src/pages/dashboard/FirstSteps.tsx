import { Button, Card, CardBody, CardTitle, Title } from '@patternfly/react-core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { AppLink } from '../../components/AppLink.tsx'

/** In an empty zone: what leads to the first guest. */
export function FirstSteps() {
  const { t } = useTranslation('dashboard')
  return (
    <Card>
      <CardTitle>
        <Title headingLevel="h2" size="lg">
          {t('firstSteps')}
        </Title>
      </CardTitle>
      <CardBody>
        <ol className="dashboard-steps">
          <Step title={t('stepImage')} text={t('stepImageText')}>
            <LinkButton to="/images/disk" isPrimary>
              {t('toDiskImages')}
            </LinkButton>
            <LinkButton to="/images/media">{t('toMediaImages')}</LinkButton>
          </Step>
          <Step title={t('stepGuest')} text={t('stepGuestText')}>
            <LinkButton to="/instances/new">{t('createGuest')}</LinkButton>
          </Step>
          <Step title={t('stepPeople')} text={t('stepPeopleText')}>
            <LinkButton to="/people/users">{t('toUsers')}</LinkButton>
          </Step>
        </ol>
      </CardBody>
    </Card>
  )
}

function Step({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <li>
      <strong>{title}</strong>
      <p>{text}</p>
      <div className="dashboard-step-verbs">{children}</div>
    </li>
  )
}

const LinkButton = ({
  to,
  isPrimary,
  children,
}: {
  to: string
  isPrimary?: boolean
  children: ReactNode
}) => (
  <Button
    variant={isPrimary ? 'primary' : 'secondary'}
    size="sm"
    component={(props) => <AppLink to={to} {...props} />}
  >
    {children}
  </Button>
)
