// Many tasks at once, and a kill at any moment; the same seed asks for the same things at the same moments.

import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { orphans } from './kill-checks.ts'
import type { KillStage } from './kill-stage.ts'
import { purgeQuarantine } from './life.ts'

const mostGuests = 3
const longestMs = 2500

/** A small generator of numbers in [0, 1) that a seed sets going (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export class MixedLoad {
  kills = 0
  readonly #stage: KillStage
  readonly #random: () => number
  #snapshots = 0

  constructor(stage: KillStage, seed: number) {
    this.#stage = stage
    this.#random = seeded(seed)
  }

  /** Asks for several things at once, kills at a random moment, and looks that all is well afterwards. */
  async round(number: number): Promise<void> {
    const { appliance } = this.#stage
    const asked: string[] = []
    const afterMs = Math.round(this.#random() * longestMs)
    const answers = (await this.#actions()).map(({ words, method, path, body }) => {
      asked.push(words)
      return appliance.call(method, path, body).catch(() => undefined)
    })
    await delay(afterMs)
    await appliance.kill9()
    this.kills++
    await Promise.all(answers)
    const what = `round ${number}: killed ${afterMs} ms after ${asked.join(', ')}`
    process.stdout.write(`${what}\n`)
    assert.deepEqual(await orphans(appliance), [], `${what}: processes outlived the appliance`)
    await appliance.start()
    await this.#stage.wellAfter(what)
    if (number % 5 === 0) await purgeQuarantine(appliance)
  }

  #pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.#random() * items.length)]
  }

  /** One for each guest, and a new guest where there is room; in the order of the names, so that a seed repeats. */
  async #actions(): Promise<Action[]> {
    const actions: Action[] = []
    const guests = [...(await this.#stage.guests())].sort(([a], [b]) =>
      a.localeCompare(b, 'en', { numeric: true }),
    )
    for (const [name, id] of guests) actions.push(await this.#onGuest(name, id))
    if (guests.length < mostGuests) {
      const body = this.#stage.body({
        auto_start: this.#random() < 0.5,
        firmware: this.#pick(['bios', 'uefi']),
      })
      actions.push({ words: `create ${body.name}`, method: 'POST', path: '/guests/', body })
    }
    return actions
  }

  async #onGuest(name: string, id: string): Promise<Action> {
    const path = `/instances/${id}/snapshots/`
    const there = this.#pick(await this.#stage.snapshots(id))
    const running = await this.#stage.isRunning(id)
    const snapshot = `s${++this.#snapshots}`
    const memory = running && this.#random() < 0.5
    const take: Action = {
      words: `snapshot ${name}${running ? ' running' : ''}${memory ? ' with memory' : ''}`,
      method: 'POST',
      path,
      body: { name: snapshot, memory },
    }
    const power: Action = running
      ? {
          words: `stop ${name}`,
          method: 'DELETE',
          path: `/instances/${id}`,
          body: { force: true, reboot: false },
        }
      : { words: `start ${name}`, method: 'POST', path: `/instances/${id}`, body: {} }
    const remove: Action = {
      words: `delete ${name}`,
      method: 'DELETE',
      path: `/guests/${id}`,
      body: { force: true },
    }
    if (there === undefined) return this.#pick([take, take, take, power, remove]) ?? take
    const restore: Action = {
      words: `restore ${name}`,
      method: 'PUT',
      path,
      body: { target: there, start: this.#random() < 0.5 },
    }
    const forget: Action = {
      words: `delete a snapshot of ${name}`,
      method: 'DELETE',
      path: `${path}${there}`,
    }
    return this.#pick([take, take, power, remove, restore, restore, forget, forget]) ?? take
  }
}

interface Action {
  words: string
  method: string
  path: string
  body?: object
}
