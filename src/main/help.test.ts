import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const source = join(import.meta.dirname, '..')
const run = promisify(execFile)

test('the help of serve names every variable of the environment', async () => {
  const help = (await run(process.execPath, [join(source, 'main.ts'), 'serve', '--help'])).stdout
  const files = await Promise.all(
    ['config.ts', 'main/running.ts'].map((name) => readFile(join(source, name), 'utf8')),
  )
  const names = new Set(files.flatMap((text) => text.match(/(?<=env\[')NACELLE_\w+/g) ?? []))
  assert.ok(names.size >= 5)
  for (const name of names) assert.match(help, new RegExp(name))
})
