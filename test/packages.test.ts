// The lists of Debian packages hold against what the program runs and what the doctor asks for.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { tools } from '../src/core/doctor/tools.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

const listed = (name: string): string[] => {
  const list = new RegExp(`^${name}=\\(([^)]*)\\)`, 'm').exec(read('build.sh'))
  return list?.[1]?.trim().split(/\s+/) ?? []
}
const forRun = listed('run_packages')
const forTests = read('test/lab/packages.txt')
  .split('\n')
  .map((line) => line.replace(/#.*/, '').trim())
  .filter(Boolean)

test('run installs all that the doctor asks for, but what only some storage pools need', () => {
  assert.ok(forRun.length > 10)
  for (const { name, debian, onlyFor } of tools)
    assert.equal(forRun.includes(debian), onlyFor === undefined, `${debian}, which brings ${name}`)
})

test('the tests have the storage back ends as well', () => {
  for (const { name, debian } of tools)
    assert.ok([...forRun, ...forTests].includes(debian), `${debian}, which brings ${name}`)
})

// Of packages that no Debian lacks (coreutils, libc-bin), or looked at only where they are there.
const always = [
  'test',
  'getent',
  'stat',
  'cat',
  'nice',
  'ionice',
  'stty',
  'timeout',
  'umount',
  'mount',
  'iptables-legacy',
]
// Of packages that come with a tool that the doctor does look for.
const together = {
  'qemu-io': 'qemu-img',
  iptables: 'ebtables',
  ceph: 'rbd',
  blkdiscard: 'setpriv',
  blockdev: 'setpriv',
  lsblk: 'setpriv',
}

test('the doctor looks for every program that a driver starts', () => {
  const known = new Set([...tools.map(({ name }) => name), ...always, ...Object.keys(together)])
  const started = globSync('src/drivers/**/*.ts', { cwd: root })
    .filter((path) => !path.endsWith('.test.ts'))
    .flatMap((path) => [...read(path).matchAll(/\b(?:run|spawnLong)\(\s*'([a-z][\w.+-]*)'/g)])
    .map((match) => match[1] ?? '')
  assert.ok(started.length > 5)
  assert.deepEqual(
    started.filter((name) => !known.has(name)),
    [],
  )
})
