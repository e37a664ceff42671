import { Nav, NavGroup, NavItem } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { Link, useRouterState } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { reading } from '../api/query.ts'
import { useMay, useSession } from '../api/session.ts'

/** The compute pools with how many of their guests run; a pool leads to its guests. */
export function PoolTree() {
  const { t } = useTranslation('frame')
  const { menu } = useSession()
  const isShown = useMay('guest.read') && menu.includes('instance')
  const { data } = useQuery({ ...reading('/guest_counts'), enabled: isShown })
  const here = useRouterState({
    select: ({ location }) =>
      location.pathname.endsWith('/instances') ? (location.search as { pool?: string }).pool : undefined,
  })
  if (!isShown || !data || data.pools.length === 0) return null
  return (
    <Nav aria-label={t('pools')} className="pool-tree">
      <NavGroup title={t('pools')}>
        {data.pools.map(({ pool, total, states }) => (
          <NavItem key={pool} isActive={here === pool} itemId={pool}>
            <Link to="/instances" search={{ pool }} className="pool-tree-link">
              <span>{pool}</span>
              <span className="pool-tree-count" title={t('runningOf', { running: states.running, total })}>
                {states.running}/{total}
              </span>
            </Link>
          </NavItem>
        ))}
      </NavGroup>
    </Nav>
  )
}
