// What this program is: filled in by the build, read from package.json when the sources run.
import { readFileSync } from 'node:fs'
import { treePath } from './assets.ts'

/** Version of the program, the git commit it was built from (absent when sources run) and its Node. */
export interface Version {
  version: string
  commit?: string
  node: string
}

// Replaced by the bundler; undeclared when the sources run.
declare const __NACELLE_BUILD__: { version: string; commit?: string } | undefined

/** The running program's version. */
export const version: Version = { ...buildInfo(), node: process.versions.node }

function buildInfo(): { version: string; commit?: string } {
  if (typeof __NACELLE_BUILD__ !== 'undefined') return __NACELLE_BUILD__
  const manifest: { version: string } = JSON.parse(readFileSync(treePath('package.json'), 'utf8'))
  return { version: manifest.version }
}
