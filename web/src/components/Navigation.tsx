import { Nav, NavExpandable, NavItem, NavList } from '@patternfly/react-core'
import { useRouterState } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { holds, useSession } from '../api/session.ts'
import type { en } from '../i18n/en.ts'
import { AppLink } from './AppLink.tsx'

type Word = keyof typeof en.frame

interface Entry {
  word: Word
  path: string
  /** Entries of the session's menu that show it; a menu that names none of them hides it. */
  menu: readonly string[]
  /** Shown to who may read it, where the menus of the original have no word for it. */
  permission?: string
}

interface Section {
  word: Word
  entries: readonly Entry[]
}

const tree: readonly (Entry | Section)[] = [
  { word: 'dashboard', path: '/dashboard', menu: ['dashboard'] },
  { word: 'instances', path: '/instances', menu: ['instance'] },
  {
    word: 'images',
    entries: [
      { word: 'diskImages', path: '/images/disk', menu: ['image'] },
      { word: 'mediaImages', path: '/images/media', menu: ['media'] },
      { word: 'templates', path: '/templates', menu: ['templates'] },
    ],
  },
  { word: 'storage', path: '/storage', menu: ['storage_pool'] },
  {
    word: 'network',
    entries: [
      { word: 'addressPools', path: '/network/pools', menu: ['address_pool'] },
      { word: 'policies', path: '/network/policies', menu: ['policies'] },
    ],
  },
  {
    word: 'compute',
    entries: [
      { word: 'computePools', path: '/compute/pools', menu: ['compute_pool'] },
      { word: 'cells', path: '/compute/cells', menu: ['compute_pool'] },
    ],
  },
  {
    word: 'people',
    entries: [
      { word: 'users', path: '/people/users', menu: ['user'] },
      { word: 'groups', path: '/people/groups', menu: ['user'] },
      { word: 'roles', path: '/people/roles', menu: ['user'] },
    ],
  },
  { word: 'tasks', path: '/tasks', menu: ['instance', 'image', 'media'] },
  {
    word: 'journal',
    entries: [
      { word: 'journal', path: '/journal', menu: ['log'], permission: 'journal.read' },
      { word: 'log', path: '/log', menu: ['log'] },
    ],
  },
  { word: 'settings', path: '/settings', menu: ['visibility'], permission: 'setting.read' },
]

/** The left navigation: what the session's menu names. */
export function Navigation() {
  const { t } = useTranslation('frame')
  const session = useSession()
  const path = useRouterState({ select: ({ location }) => location.pathname })
  const isShown = ({ menu, permission }: Entry) =>
    menu.some((entry) => session.menu.includes(entry)) ||
    (permission !== undefined && holds(session, permission))
  const isHere = (entry: Entry) => path === entry.path || path.startsWith(`${entry.path}/`)
  const item = (entry: Entry) => (
    <NavItem key={entry.word} isActive={isHere(entry)} itemId={entry.word}>
      <AppLink to={entry.path}>{t(entry.word)}</AppLink>
    </NavItem>
  )
  return (
    <Nav aria-label={t('navigation')}>
      <NavList>
        {tree.map((node) => {
          if ('path' in node) return isShown(node) && item(node)
          const entries = node.entries.filter(isShown)
          if (entries.length === 0) return null
          const isActive = entries.some(isHere)
          return (
            <NavExpandable key={node.word} title={t(node.word)} isActive={isActive} isExpanded={isActive}>
              {entries.map(item)}
            </NavExpandable>
          )
        })}
      </NavList>
    </Nav>
  )
}
