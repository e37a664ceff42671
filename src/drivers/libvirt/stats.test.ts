import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { ReadCommand, ReadSession } from './session.ts'
import { domainStats } from './stats.ts'

const fixture = new URL('../../../test/fixtures/virsh/9.0.0/domstats.txt', import.meta.url)
const idOf = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`

/** Sessions that answer with these domains, and what they were asked. */
function sessions(domains: readonly { id: string; name: string }[], out: string) {
  const asked: string[] = []
  const session = (answer: string): ReadSession => ({
    read: async ({ words }: ReadCommand) => {
      asked.push(words)
      return answer
    },
    close: async () => undefined,
  })
  const names = domains.map(({ id, name }) => `${id} ${name}`).join('\n')
  return { reader: session(names), figures: session(out), asked }
}

/** The recorded lines of one domain, under another name. */
async function block(name: string): Promise<string> {
  const text = await readFile(fixture, 'utf8')
  const [, lines = ''] = /^Domain: '.*'\n((?: +.*\n)+)/m.exec(text) ?? []
  return `Domain: '${name}'\n${lines}\n`
}

describe('domstats', () => {
  it('is one question for a thousand guests, and lets others have their turn', async () => {
    const domains = Array.from({ length: 1000 }, (_, index) => ({
      id: idOf(index),
      name: `staff.web-${index}`,
    }))
    const one = await block('NAME')
    const out = domains.map(({ name }) => one.replace('NAME', name)).join('')
    const world = sessions(domains, out)
    let turns = 0
    let done = false
    const others = (async () => {
      for (; !done; turns++) await turn()
    })()
    const found = await domainStats(world)
    done = true
    await others
    assert.deepEqual(world.asked, ['names', 'domstats'])
    assert.equal(found.length, 1000)
    assert.equal(found[999]?.id, idOf(999))
    assert.ok(turns >= 15, `${turns} turns for others`)
  })

  it('leaves out a domain that is busy, one that is not asked for, and one that came meanwhile', async () => {
    const domains = ['a', 'b', 'c'].map((name, index) => ({ id: idOf(index), name }))
    const busy = "Domain: 'b'\n  state.state=1\n  state.reason=1\n  cpu.time=5\n\n"
    const out = `${await block('a')}${busy}${await block('c')}${await block('stranger')}`
    const found = await domainStats(sessions(domains, out))
    assert.deepEqual(
      found.map(({ id }) => id),
      [idOf(0), idOf(2)],
    )
    const [only] = await domainStats(sessions(domains, out), [idOf(2), idOf(7)])
    assert.equal(only?.id, idOf(2))
  })

  it('does not ask where there is no domain', async () => {
    const world = sessions([], '')
    assert.deepEqual(await domainStats(world), [])
    assert.deepEqual(world.asked, ['names'])
  })
})
