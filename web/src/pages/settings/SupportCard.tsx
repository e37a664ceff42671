import { Button, Card, CardBody, CardTitle, List, ListItem } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'

/** Links for programs, and the archive for whoever helps. */
export function SupportCard({ isAllowed }: { isAllowed: boolean }) {
  const { t } = useTranslation(['settings', 'common'])
  return (
    <Card isCompact>
      <CardTitle component="h2">{t('support')}</CardTitle>
      <CardBody>
        <p>{t('supportText')}</p>
        <Button
          variant="secondary"
          component="a"
          href="/api/v1/support_bundle"
          download
          isAriaDisabled={!isAllowed}
          {...(isAllowed ? {} : { title: t('common:missingPermission', { permission: 'system.read' }) })}
        >
          {t('download')}
        </Button>
        <h3>{t('links')}</h3>
        <List isPlain>
          <ListItem>
            <a href="/api-docs">{t('apiDocument')}</a>
          </ListItem>
          <ListItem>
            <a href="/readyz">{t('readiness')}</a>
          </ListItem>
        </List>
      </CardBody>
    </Card>
  )
}
