import assert from 'node:assert/strict'
import { glob, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { importViolations } from './support/import-rules.ts'
import { webImportViolations } from './support/web-import-rules.ts'

const root = join(import.meta.dirname, '..')
const mostLines = 400
// Made by web/generator.
const generated = new Set(['web/src/api/schema.d.ts'])

test('imports point inwards only', async () => {
  const sources = await read('src/**/*.ts')
  const violations = sources
    .filter(({ file }) => !file.endsWith('.test.ts'))
    .flatMap(({ file, text }) => importViolations(file.slice('src/'.length), text))
  assert.deepEqual(violations, [])
})

test('the import check sees what it must refuse', () => {
  const refused: [file: string, text: string][] = [
    ['core/guests/guests.ts', "import { virsh } from '../../drivers/libvirt/virsh.ts'"],
    ['core/guests/guests.ts', "import { Hono } from 'hono'"],
    ['core/guests/guests.ts', "import { spawn } from 'node:child_process'"],
    ['core/guests/guests.ts', "import { createServer } from 'node:http'"],
    ['core/guests/guests.ts', "import Sqlite from 'better-sqlite3'"],
    ['drivers/libvirt/virsh.ts', "import { execFile } from 'node:child_process'"],
    ['drivers/libvirt/virsh.ts', "import { table } from '../nftables/nft.ts'"],
    ['drivers/libvirt/virsh.ts', "import { create } from '../../core/guests/create.ts'"],
    ['drivers/libvirt/serial.ts', "const pty = await import('@lydell/node-pty')"],
    ['http/nano/guests.ts', "import {\n  wire,\n} from '../tower/wire.ts'"],
    ['http/nano/guests.ts', "export { virsh } from '../../drivers/libvirt/virsh.ts'"],
    ['tasks/runner.ts', "import type { Guest } from '../core/guests/guest.ts'"],
    ['zone/zone.ts', "import '../main.ts'"],
    ['core/context.ts', "import { start } from '../../test/lab/libvirt.ts'"],
    ['elsewhere/new.ts', ''],
  ]
  for (const [file, text] of refused) assert.equal(importViolations(file, text).length, 1, `${file}: ${text}`)
})

test('the import check accepts what the design allows', () => {
  const accepted: [file: string, text: string][] = [
    ['main.ts', "import { virsh } from './drivers/libvirt/virsh.ts'"],
    ['core/guests/guests.ts', "import { eq } from 'drizzle-orm'"],
    ['core/guests/guests.ts', "import type { Database } from 'better-sqlite3'"],
    ['drivers/exec.ts', "import { type ChildProcess, spawn } from 'node:child_process'"],
    ['drivers/pty.ts', "const pty = await import('@lydell/node-pty')"],
    ['drivers/libvirt/virsh.ts', "import { run } from '../exec.ts'"],
    ['drivers/libvirt/virsh.ts', "import type { Guest } from '../../core/guests/guest.ts'"],
    ['http/nano/guests.ts', "import { send } from '../server.ts'"],
    ['db/migrate.ts', "import { readAsset } from '../packaging/assets.ts'"],
  ]
  for (const [file, text] of accepted) assert.deepEqual(importViolations(file, text), [], `${file}: ${text}`)
})

test('the pages import in one direction, and nothing of the server', async () => {
  const sources = await read('web/src/**/*.{ts,tsx}')
  const violations = sources
    .filter(({ file }) => !generated.has(file) && !/\.test\.tsx?$/.test(file))
    .flatMap(({ file, text }) => webImportViolations(file.slice('web/src/'.length), text))
  assert.deepEqual(violations, [])
})

test('the check of the pages sees what it must refuse, and nothing else', () => {
  const refused: [file: string, text: string][] = [
    ['ui/button.tsx', "import { Link } from '@tanstack/react-router'"],
    ['ui/button.tsx', "import { useQuery } from '@tanstack/react-query'"],
    ['ui/button.tsx', "import { client } from '../api/client.ts'"],
    ['components/guest-state.tsx', "import { Row } from '../pages/instances/row.tsx'"],
    ['api/client.ts', "import { paths } from '../paths.ts'"],
    ['pages/instances/list.tsx', "import { Tree } from '../snapshots/tree.tsx'"],
    ['pages/instances/list.tsx', "import { rules } from '../../../../src/core/guests/rules.ts'"],
    ['api/client.ts', "import { readFile } from 'node:fs/promises'"],
  ]
  for (const [file, text] of refused)
    assert.equal(webImportViolations(file, text).length, 1, `${file}: ${text}`)
  const accepted: [file: string, text: string][] = [
    ['ui/button.tsx', "import { Button } from '@patternfly/react-core'"],
    ['components/guest-state.tsx', "import { Badge } from '../ui/badge.tsx'"],
    ['pages/instances/list.tsx', "import { row } from './parts/row.tsx'"],
    ['pages/instances/list.tsx', "const tab = await import('../../components/console.tsx')"],
    ['routes.tsx', "import { List } from './pages/instances/list.tsx'"],
  ]
  for (const [file, text] of accepted)
    assert.deepEqual(webImportViolations(file, text), [], `${file}: ${text}`)
})

test(`no file is longer than ${mostLines} lines`, async () => {
  const files = await read(
    '{src,test,bench}/**/*.{ts,tsx,js,css,html,sh}',
    'web/{*,src/**/*,generator/*}.{ts,tsx,js,css,html,sh}',
    'build.sh',
  )
  const long = files
    .map(({ file, text }) => ({ file, lines: text.split('\n').length - 1 }))
    .filter(({ file, lines }) => lines > mostLines && !generated.has(file))
    .map(({ file, lines }) => `${file}: ${lines} lines`)
  assert.deepEqual(long, [])
})

test('there are no default exports, and no files that only pass on what others export', async () => {
  const sources = await read('{src,test,bench,web/src}/**/*.{ts,tsx}')
  assert.deepEqual(
    sources.filter(({ text }) => /^export default\b/m.test(text)).map(({ file }) => file),
    [],
  )
  assert.deepEqual(
    sources.filter(({ text }) => onlyReexports(text)).map(({ file }) => file),
    [],
  )
})

test('migrations are numbered from 0001 without a gap or a repeat', async () => {
  const names = (await readdir(join(root, 'migrations'))).sort()
  assert.ok(names.length > 0, 'there is no migration')
  names.forEach((name, index) => {
    const number = String(index + 1).padStart(4, '0')
    assert.match(name, new RegExp(`^${number}_[a-z0-9_-]+\\.sql$`))
  })
})

function onlyReexports(text: string): boolean {
  const statements = text
    .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    .split(/\n(?=\S)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '' && statement !== '}')
  return statements.length > 0 && statements.every((statement) => /^export [\s\S]*\bfrom '/.test(statement))
}

async function read(...patterns: string[]): Promise<{ file: string; text: string }[]> {
  const files: string[] = []
  for await (const file of glob(patterns, { cwd: root })) files.push(file)
  return Promise.all(files.map(async (file) => ({ file, text: await readFile(join(root, file), 'utf8') })))
}
