// Exit status 0 when node_modules holds exactly what package-lock.json asks for, so that npm need not run.
import { existsSync, readFileSync } from 'node:fs'
import { treePath } from '../assets.ts'

interface LockedPackage {
  version?: string
  integrity?: string
  optional?: boolean
}

const installed = packagesOf('node_modules/.package-lock.json')
const differing = Object.entries(packagesOf('package-lock.json')).filter(([path, wanted]) => {
  if (path === '') return false
  const found = installed[path]
  // Optional ones are for other platforms.
  if (!found) return wanted.optional !== true
  return found.version !== wanted.version || found.integrity !== wanted.integrity
})
process.exitCode = differing.length === 0 ? 0 : 1

// npm writes its own lock file last, so an interrupted installation has none or the old one.
function packagesOf(file: string): Record<string, LockedPackage> {
  const path = treePath(file)
  if (!existsSync(path)) return {}
  const lock: { packages: Record<string, LockedPackage> } = JSON.parse(readFileSync(path, 'utf8'))
  return lock.packages
}
