import {
  Masthead,
  MastheadBrand,
  MastheadContent,
  MastheadLogo,
  MastheadMain,
  MastheadToggle,
  PageToggleButton,
  Toolbar,
  ToolbarContent,
  ToolbarGroup,
  ToolbarItem,
} from '@patternfly/react-core'
import BarsIcon from '@patternfly/react-icons/dist/esm/icons/bars-icon'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { reading } from '../api/query.ts'
import { useMay } from '../api/session.ts'
import { GlobalSearch } from './GlobalSearch.tsx'
import { UserMenu } from './UserMenu.tsx'

/** Product, global search, and the user's own menu. */
export function AppMasthead() {
  const { t } = useTranslation('frame')
  return (
    <Masthead>
      <MastheadMain>
        <MastheadToggle>
          <PageToggleButton variant="plain" aria-label={t('openNavigation')}>
            <BarsIcon />
          </PageToggleButton>
        </MastheadToggle>
        <MastheadBrand>
          <MastheadLogo component={(props: object) => <Link {...props} to="/dashboard" />}>
            <img src="/ui/icon.svg" alt="" className="brand-mark" />
            <span className="brand-name">Nacelle</span>
            <ZoneName />
          </MastheadLogo>
        </MastheadBrand>
      </MastheadMain>
      <MastheadContent>
        <Toolbar isFullHeight isStatic>
          <ToolbarContent>
            <ToolbarItem className="masthead-search">
              <GlobalSearch />
            </ToolbarItem>
            <ToolbarGroup align={{ default: 'alignEnd' }}>
              <ToolbarItem>
                <UserMenu />
              </ToolbarItem>
            </ToolbarGroup>
          </ToolbarContent>
        </Toolbar>
      </MastheadContent>
    </Masthead>
  )
}

/** Which zone one looks at: people have several open. */
function ZoneName() {
  const mayRead = useMay('compute.read')
  const { data } = useQuery({ ...reading('/compute_zone_status'), enabled: mayRead })
  return data ? <span className="zone-name">{data.name}</span> : null
}
