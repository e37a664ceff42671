// Builds dist/nacelle; called by build.sh, which has stripped Node and asked git for the commit.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { treePath } from '../assets.ts'
import { bundle, bundleBoot } from './bundle.ts'
import { compileAhead } from './compile-ahead.ts'
import { makeExecutable } from './executable.ts'
import { licenceNotices } from './licences.ts'

const defaultEntry = treePath('src/main.ts')

const { values } = parseArgs({
  options: {
    node: { type: 'string' },
    commit: { type: 'string' },
    entry: { type: 'string', default: defaultEntry },
    out: { type: 'string', default: treePath('dist/nacelle') },
  },
})
if (!values.node) throw new Error('--node FILE (a stripped Node binary) is required; run ./build.sh instead')

const outfile = resolve(values.out)
const workDirectory = `${outfile}.parts`
await rm(workDirectory, { recursive: true, force: true })
await mkdir(workDirectory, { recursive: true })

const manifest: { version: string } = JSON.parse(await readFile(treePath('package.json'), 'utf8'))
const program = join(workDirectory, 'program')
const { inputs, scripts } = await bundle({
  entry: resolve(values.entry),
  outdir: program,
  version: manifest.version,
  commit: values.commit,
})
if (values.entry === defaultEntry) await compileAhead(program, scripts)
const script = join(workDirectory, 'boot.cjs')
await bundleBoot(script)

const licences = join(workDirectory, 'licences.txt')
await writeFile(licences, await licenceNotices(Object.keys(inputs)))
await makeExecutable({
  node: resolve(values.node),
  nodeVersion: process.versions.node,
  script,
  program,
  licences,
  outfile,
})
