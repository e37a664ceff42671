// Who may import whom among the pages (web/src): the order of their folders as data, and the check of one file.
import { posix } from 'node:path'
import { importsOf } from './import-rules.ts'

interface Area {
  /** Folder of web/src. */
  of: string
  may: string[]
  packages: string[] | 'any'
}

// Everybody may name the router's type, which the router's library wants to know.

// What asks the server, goes to addresses or knows the record has no place in a button.
const inButtons = ['react', 'react-dom', 'react-i18next', '@patternfly/', '@tanstack/react-virtual', 'uplot']

const areas: Area[] = [
  { of: 'ui/', may: ['ui/', 'i18n/'], packages: inButtons },
  {
    of: 'components/',
    may: ['components/', 'ui/', 'api/', 'i18n/', 'paths.ts', 'keys.ts'],
    packages: 'any',
  },
  { of: 'api/', may: ['api/'], packages: 'any' },
  { of: 'i18n/', may: ['i18n/'], packages: 'any' },
]

/** What `file` (relative to web/src) imports against the rules, one line each. */
export function webImportViolations(file: string, text: string): string[] {
  const area = areas.find(({ of }) => file.startsWith(of))
  return importsOf(file, text)
    .filter(({ path, own, typeOnly }) =>
      own
        ? !(typeOnly && path === 'routes.tsx') && !ownAllowed(file, area, path)
        : !packageAllowed(area, path),
    )
    .map(({ path }) => `web/src/${file} must not import ${path}`)
}

function ownAllowed(file: string, area: Area | undefined, path: string): boolean {
  // Of core's pure rules, too, the pages get nothing but what the API document says.
  if (path.startsWith('../')) return false
  const [from, to] = [pageFolder(file), pageFolder(path)]
  if (from !== undefined && to !== undefined) return from === to
  return area === undefined || area.may.some((allowed) => path.startsWith(allowed))
}

function packageAllowed(area: Area | undefined, path: string): boolean {
  if (path.startsWith('node:')) return false
  if (area === undefined || area.packages === 'any') return true
  return area.packages.some((name) =>
    name.endsWith('/') ? path.startsWith(name) : path === name || path.startsWith(`${name}/`),
  )
}

/** `pages/instances` for all below it. */
function pageFolder(path: string): string | undefined {
  const [top, folder, ...rest] = path.split('/')
  return top === 'pages' && rest.length > 0 ? posix.join(top, folder as string) : undefined
}
