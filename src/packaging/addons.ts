// Native add-ons: dlopen needs a file, so the packaged bytes are written out for the moment of loading.
import { mkdtempSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packaged, readPackaged, treePath } from './assets.ts'

const developmentFiles = {
  'better_sqlite3.node': 'node_modules/better-sqlite3/prebuilds/linux-x64.node',
  'pty.node': 'node_modules/@lydell/node-pty-linux-x64/pty.node',
}

type AddonName = keyof typeof developmentFiles

const loaded = new Map<AddonName, object>()

/** The add-on object for better-sqlite3's `nativeBinding` option. Throws when no directory allows loading. */
export function loadSqliteBinding(): object {
  return loadAddon('better_sqlite3.node')
}

/**
 * The add-on object of @lydell/node-pty; the bundler hands it to the library, callers just import the library.
 * @public
 */
export function loadPtyBinding(): object {
  return loadAddon('pty.node')
}

function loadAddon(name: AddonName): object {
  const known = loaded.get(name)
  if (known) return known
  const addon = packaged
    ? loadFromBytes(name)
    : createRequire(import.meta.url)(treePath(developmentFiles[name]))
  loaded.set(name, addon)
  return addon
}

function loadFromBytes(name: AddonName): object {
  const bytes = readPackaged(`native/${name}`)
  if (!bytes) throw new Error(`the native add-on ${name} is not inside this executable: it was built wrongly`)
  const failures: unknown[] = []
  for (const base of candidateDirectories()) {
    try {
      return loadIn(base, name, bytes)
    } catch (error) {
      // Read-only, full or mounted noexec: another directory may do.
      failures.push(error)
    }
  }
  throw new AggregateError(
    failures,
    `cannot load ${name}: none of ${candidateDirectories().join(', ')} is writable and allows execution; ` +
      'set TMPDIR to a directory that is',
  )
}

function candidateDirectories(): string[] {
  const dataDirectory = process.env['NACELLE_DATA_DIR'] ?? '/var/lib/nacelle'
  return [...new Set([tmpdir(), '/tmp', '/dev/shm', '/run', dataDirectory])]
}

function loadIn(base: string, name: AddonName, bytes: Uint8Array): object {
  const directory = mkdtempSync(join(base, 'nacelle-addon-'))
  const file = join(directory, name)
  const holder: { exports: object } = { exports: {} }
  try {
    writeFileSync(file, bytes, { mode: 0o500, flag: 'wx' })
    process.dlopen(holder, file)
  } finally {
    // The mapping outlives the name: nothing stays behind on disk.
    removeQuietly(file, directory)
  }
  return holder.exports
}

function removeQuietly(file: string, directory: string): void {
  try {
    unlinkSync(file)
  } catch {
    // Not written: the error that matters is already on its way.
  }
  rmdirSync(directory)
}
