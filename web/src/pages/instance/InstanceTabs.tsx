import { Nav, NavItem, NavList, PageSection } from '@patternfly/react-core'
import { useRouterState } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { AppLink } from '../../components/AppLink.tsx'

const tabs = [
  'overview',
  'console',
  'serial',
  'snapshots',
  'disks',
  'network',
  'security',
  'performance',
  'tasks',
  'settings',
] as const

/** The tabs are pages with an address each. */
export function InstanceTabs({ id }: { id: string }) {
  const { t } = useTranslation('instance')
  const path = useRouterState({ select: ({ location }) => location.pathname })
  return (
    <PageSection type="subnav" hasBodyWrapper={false} className="instance-tabs">
      <Nav variant="horizontal-subnav" aria-label={t('tabs')}>
        <NavList>
          {tabs.map((tab) => {
            const to = `/instances/${id}/${tab}`
            return (
              <NavItem key={tab} itemId={tab} isActive={path === to}>
                <AppLink to={to}>{t(tab)}</AppLink>
              </NavItem>
            )
          })}
        </NavList>
      </Nav>
    </PageSection>
  )
}
