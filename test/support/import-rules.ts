// Who may import whom: DESIGN section 8 as data, and the check of one source file against it.
import { posix } from 'node:path'

/** What the files of an area may import: paths in src (a folder ends in a slash), and packages. */
interface Area {
  /** Folder or file in src. */
  of: string
  may: string[]
  /** Only as `import type`. */
  mayType?: string[]
  packages: string[]
  /** Only as `import type`. */
  packageTypes?: string[]
}

const everything = ['']
const anyPackage = ['*']

const dialects = ['nano', 'tower', 'danube', 'casa']
const dialectPackages = ['hono', '@hono/node-server', 'valibot', 'ws', 'jsonc-parser']
const httpMay = ['core/', 'zone/', 'packaging/assets.ts', 'packaging/version.ts']

// A mounted directory is a directory; and what is simulated says that it would run what the real ones run.
const alsoMay: Record<string, string[]> = {
  nfs: ['drivers/dir/'],
  simulated: ['drivers/libvirt/commands.ts', 'drivers/dir/commands.ts'],
}

// The first that fits a file counts, so the narrow ones stand before the wide ones.
const areas: Area[] = [
  { of: 'main.ts', may: everything, packages: anyPackage },
  { of: 'main/', may: everything, packages: anyPackage },
  { of: 'config.ts', may: [], packages: ['valibot', 'smol-toml'] },
  {
    of: 'core/',
    may: ['core/', 'zone/', 'tasks/', 'db/schema.ts', 'db/cell-schema.ts'],
    mayType: ['db/'],
    packages: ['valibot', 'drizzle-orm'],
    packageTypes: ['better-sqlite3'],
  },
  { of: 'zone/', may: ['zone/', 'db/', 'core/errors.ts'], packages: ['drizzle-orm', 'better-sqlite3'] },
  {
    of: 'db/',
    may: ['db/', 'packaging/assets.ts', 'packaging/addons.ts', 'zone/tables.ts'],
    mayType: ['zone/', 'core/figures/archive.ts'],
    packages: ['drizzle-orm', 'better-sqlite3'],
  },
  {
    of: 'tasks/',
    may: ['tasks/', 'db/', 'core/errors.ts'],
    mayType: ['core/context.ts', 'zone/'],
    packages: ['drizzle-orm', 'better-sqlite3', 'valibot'],
  },
  { of: 'reconcilers/', may: ['reconcilers/', 'core/', 'tasks/'], packages: [] },
  {
    of: 'drivers/pty.ts',
    may: ['core/*.ts', 'drivers/exec.ts', 'drivers/command.ts', 'packaging/addons.ts'],
    packages: ['@lydell/node-pty'],
  },
  ...driverAreas(),
  ...dialects.map((dialect) => ({
    of: `http/${dialect}/`,
    may: [...httpMay, `http/${dialect}/`, 'http/sockets/', 'http/openapi/', 'http/*.ts'],
    mayType: ['tasks/'],
    packages: dialectPackages,
  })),
  {
    of: 'http/',
    may: [...httpMay, 'http/'],
    mayType: ['tasks/'],
    packages: [
      ...dialectPackages,
      '@peculiar/x509',
      '@valibot/to-json-schema',
      'prom-client',
      'reflect-metadata',
      'tar-stream',
    ],
  },
  { of: 'cluster/', may: ['cluster/', 'core/', 'zone/'], packages: ['valibot'] },
  { of: 'packaging/', may: ['packaging/'], packages: ['esbuild', '@yao-pkg/pkg', 'vite'] },
]

// Builtins that only one file may use, and those that the business does without.
const builtinOwners: Record<string, string> = { 'node:child_process': 'drivers/exec.ts' }
const builtinsNotForCore = /^node:(http|https|http2|tls|dgram|worker_threads|cluster)$/

/** One import of a source file; `path` is relative to src for own files, else the specifier. */
interface Import {
  path: string
  own: boolean
  typeOnly: boolean
}

/** What `file` (relative to src) imports against the rules, one line each; empty when all is well. */
export function importViolations(file: string, text: string): string[] {
  const area = areas.find(({ of }) => fits(file, of))
  if (!area) return [`${file}: belongs to no area; say in test/support/import-rules.ts what it may import`]
  return importsOf(file, text)
    .filter((found) => !allowed(file, area, found))
    .map(({ path }) => `${file} must not import ${path}`)
}

function allowed(file: string, area: Area, found: Import): boolean {
  if (found.own) return ownAllowed(area, found)
  if (!found.path.startsWith('node:')) return packageAllowed(area, found)
  if (file.startsWith('core/') && builtinsNotForCore.test(found.path)) return false
  return (builtinOwners[found.path] ?? file) === file
}

function ownAllowed(area: Area, { path, typeOnly }: Import): boolean {
  if (path === 'main.ts') return false
  if (path.startsWith('../')) return false
  const may = typeOnly ? [...area.may, ...(area.mayType ?? [])] : area.may
  return may.some((pattern) => fits(path, pattern))
}

function packageAllowed(area: Area, { path, typeOnly }: Import): boolean {
  const may = typeOnly ? [...area.packages, ...(area.packageTypes ?? [])] : area.packages
  return may.some((name) => name === '*' || path === name || path.startsWith(`${name}/`))
}

// '' fits everything, 'a/' the folder, 'a/*.ts' its own files without subfolders, else the one file.
function fits(path: string, pattern: string): boolean {
  if (pattern === '') return true
  if (pattern.endsWith('/')) return path.startsWith(pattern)
  if (pattern.endsWith('/*.ts')) return posix.dirname(path) === pattern.slice(0, -'/*.ts'.length)
  return path === pattern
}

const importPattern =
  /^\s*(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]|\brequire\(\s*['"]([^'"]+)['"]/gm

/** Every import of `text`; `file` says what its relative ones mean. */
export function importsOf(file: string, text: string): Import[] {
  return [...text.matchAll(importPattern)].map((match) => {
    const specifier = match[2] ?? match[3] ?? match[4] ?? ''
    const own = specifier.startsWith('.')
    const path = own ? posix.join(posix.dirname(file), specifier) : specifier
    return { path, own, typeOnly: match[1] !== undefined }
  })
}

// A driver knows its own folder and the two ways to start a program, and of core the words it must speak. qemu-img is
// no driver of its own but a storey below: the command that every kind of storage gives its disks to.
function driverAreas(): Area[] {
  const shared = ['core/*.ts', 'core/ipv4/', 'drivers/*.ts', 'drivers/qemu-img/']
  const tools = [
    'libvirt',
    'qemu-img',
    'rbd',
    'iscsi',
    'nfs',
    'nftables',
    'iproute',
    'cloud-init',
    'dir',
    'host',
    'simulated',
  ]
  const folders = tools.map((tool) => ({
    of: `drivers/${tool}/`,
    may: [...shared, `drivers/${tool}/`, ...(alsoMay[tool] ?? [])],
    mayType: ['core/'],
    packages: ['fast-xml-parser', 'valibot'],
  }))
  return [...folders, { of: 'drivers/', may: shared, mayType: ['core/'], packages: [] }]
}
