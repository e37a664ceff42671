// Script, assets and Node become one executable file, by pkg's SEA mode (docs/decisions/001-packaging.md).
import { chmod, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import pkgSea from '@yao-pkg/pkg/lib-es5/sea.js'
import { assetPath, listAssets, treePath } from '../assets.ts'

/** Paths of what goes in and comes out; `node` must already be stripped: stripping afterwards breaks the file. */
export interface ExecutableRequest {
  node: string
  nodeVersion: string
  /** The main script, and the folder of those that it runs. */
  script: string
  program: string
  licences: string
  outfile: string
}

/** Writes the executable to `outfile`, replacing it in one step. Downloads nothing. */
export async function makeExecutable(request: ExecutableRequest): Promise<void> {
  const partial = `${request.outfile}.partial`
  await pkgSea.default(request.script, {
    nodePath: request.node,
    targets: [{ platform: 'linux', arch: 'x64', nodeRange: `node${request.nodeVersion}`, output: partial }],
    seaConfig: {
      disableExperimentalSEAWarning: true,
      useSnapshot: false,
      useCodeCache: false,
      assets: await embeddedFiles(request),
    },
  })
  await chmod(partial, 0o755)
  await rename(partial, request.outfile)
}

async function embeddedFiles({ licences, program }: ExecutableRequest): Promise<Record<string, string>> {
  const names = [...listAssets('migrations/'), ...listAssets('web/')]
  const scripts = (await readdir(program)).filter((name) => /\.js(\.cache)?$/.test(name))
  return {
    ...Object.fromEntries(names.map((name) => [name, assetPath(name)])),
    ...Object.fromEntries(scripts.map((name) => [`program/${name}`, join(program, name)])),
    'native/better_sqlite3.node': treePath('node_modules/better-sqlite3/prebuilds/linux-x64.node'),
    'native/pty.node': treePath('node_modules/@lydell/node-pty-linux-x64/pty.node'),
    'licences.txt': licences,
  }
}
