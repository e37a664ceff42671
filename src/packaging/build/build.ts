// Builds dist/nacelle; called by build.sh, which has stripped Node and asked git for the commit.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { treePath } from '../assets.ts'
import { bundle } from './bundle.ts'
import { makeExecutable } from './executable.ts'
import { licenceNotices } from './licences.ts'

const { values } = parseArgs({
  options: {
    node: { type: 'string' },
    commit: { type: 'string' },
    entry: { type: 'string', default: treePath('src/main.ts') },
    out: { type: 'string', default: treePath('dist/nacelle') },
  },
})
if (!values.node) throw new Error('--node FILE (a stripped Node binary) is required; run ./build.sh instead')

const outfile = resolve(values.out)
const workDirectory = `${outfile}.parts`
await mkdir(workDirectory, { recursive: true })

const manifest: { version: string } = JSON.parse(await readFile(treePath('package.json'), 'utf8'))
const script = join(workDirectory, 'main.cjs')
const { inputs } = await bundle({
  entry: resolve(values.entry),
  outfile: script,
  version: manifest.version,
  commit: values.commit,
})

const licences = join(workDirectory, 'licences.txt')
await writeFile(licences, await licenceNotices(Object.keys(inputs)))
await makeExecutable({
  node: resolve(values.node),
  nodeVersion: process.versions.node,
  script,
  licences,
  outfile,
})
