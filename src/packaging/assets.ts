// Files that travel inside the binary: from the SEA blob when packaged, from the working tree otherwise.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { getAssetKeys, getRawAsset, isSea } from 'node:sea'

/** True in the packaged binary, false when Node runs the sources. */
export const packaged: boolean = isSea()

// Where each kind of embedded file lies in the tree; nothing else of it can be read through this module. The pages are
// what `npm run web` has built, never their sources.
const embeddedRoots: Record<string, string> = { 'migrations/': 'migrations/', 'web/': 'dist/web/' }

/**
 * Bytes of an embedded file, or undefined when there is none of that name. Synchronous: meant for start-up.
 * `path` is relative with forward slashes (`web/index.html`); anything that would climb out is not found.
 * The packaged bytes lie in the read-only image of the executable: never write to them.
 */
export function readAsset(path: string): Uint8Array | undefined {
  if (!isAssetPath(path)) return undefined
  return packaged ? readPackaged(path) : readFromTree(path)
}

/** Names of all embedded files that begin with `prefix` (`migrations/`), sorted by code unit. */
export function listAssets(prefix: string): string[] {
  const names = packaged ? getAssetKeys() : Object.keys(embeddedRoots).flatMap(listTree)
  return names.filter((name) => isAssetPath(name) && name.startsWith(prefix)).sort()
}

/** Bytes of a packaged file outside the embedded roots (native add-ons, worker scripts, licences). */
export function readPackaged(key: string): Uint8Array | undefined {
  if (!packaged || !getAssetKeys().includes(key)) return undefined
  return new Uint8Array(getRawAsset(key) as ArrayBuffer)
}

/** Absolute path of a file in the working tree; only meaningful when not packaged. */
export function treePath(relative: string): string {
  return join(import.meta.dirname, '..', '..', relative)
}

/** Absolute path in the working tree of the file that `listAssets` calls `name`. */
export function assetPath(name: string): string {
  const [root, folder] = Object.entries(embeddedRoots).find(([root]) => name.startsWith(root)) ?? ['', '']
  return treePath(folder + name.slice(root.length))
}

function isAssetPath(path: string): boolean {
  if (!Object.keys(embeddedRoots).some((root) => path.startsWith(root))) return false
  return !path.includes('\0') && !path.split('/').some((part) => part === '' || part === '.' || part === '..')
}

function readFromTree(path: string): Uint8Array | undefined {
  const file = assetPath(path)
  return existsSync(file) && statSync(file).isFile() ? readFileSync(file) : undefined
}

function listTree(root: string): string[] {
  const directory = assetPath(root)
  if (!existsSync(directory)) return []
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => root + relative(directory, join(entry.parentPath, entry.name)))
}
