// One appliance that is killed again and again, and the guests on which it is killed.
import assert from 'node:assert/strict'
import { GuestAgent } from '../lab/agent.ts'
import { waitFor } from '../lab/http.ts'
import { type Appliance, startBoth } from './harness.ts'
import { diffFingerprint, type Fingerprint } from './harness-fingerprint.ts'
import { liveVolumes, look, orphans, problems, settled, taskState } from './kill-checks.ts'
import { type Cut, cancelAll, killAt, nameOf } from './kill-cut.ts'
import * as life from './life.ts'

const mebibyte = 1 << 20

export class KillStage {
  readonly appliance: Appliance
  /** The host with an appliance and no image or guest. */
  readonly empty: Fingerprint
  readonly image: string
  readonly #stop: () => Promise<void>
  #names = 0
  /** Points at which it was killed, in words. */
  readonly cuts: string[] = []

  private constructor(parts: {
    appliance: Appliance
    empty: Fingerprint
    image: string
    stop: () => Promise<void>
  }) {
    this.appliance = parts.appliance
    this.empty = parts.empty
    this.image = parts.image
    this.#stop = parts.stop
  }

  static async open(): Promise<KillStage> {
    const { appliance, stop } = await startBoth()
    try {
      const empty = await look(appliance)
      return new KillStage({ appliance, empty, image: await life.uploadTiny(appliance), stop })
    } catch (error) {
      await stop()
      throw error
    }
  }

  close(): Promise<void> {
    return this.#stop()
  }

  /** Every step of its creation has something to do. */
  body(more: object = {}): object & { name: string } {
    const name = `guest-${++this.#names}`
    return life.createBody(name, {
      from_image: this.image,
      memory: 160 * mebibyte,
      firmware: 'uefi',
      modules: ['qemu', 'cloud-init'],
      cloud_init: {},
      ...more,
    }) as object & { name: string }
  }

  async create(more: object = {}): Promise<string> {
    return life.createGuest(this.appliance, this.body(more))
  }

  /**
   * Does `act`, is killed at the cut, starts again, waits for the tasks, and looks that the task was finished and
   * nothing is left over. Without a cut it only does `act` and waits.
   */
  async through(cut: Cut | undefined, act: () => Promise<unknown>): Promise<void> {
    const { appliance } = this
    if (!cut) {
      await act()
      return settled(appliance)
    }
    const { journal, task } = await killAt(appliance, cut, act)
    const what = `${nameOf(cut)} (journal: ${journal})`
    this.cuts.push(what)
    assert.deepEqual(await orphans(appliance), [], `${what}: processes outlived the appliance`)
    await appliance.start()
    await this.wellAfter(what)
    assert.equal(task && (await taskState(appliance, task)), 'done', what)
  }

  /**
   * The host loses its power at the cut: guests end with the appliance. Answers how the task ended. `last`: what is done
   * before. `cancelled`: somebody had just asked for the task to be cancelled.
   */
  async powerCut(
    cut: Cut,
    act: () => Promise<unknown>,
    { last, cancelled = false }: { last?: () => Promise<unknown>; cancelled?: boolean } = {},
  ): Promise<string | undefined> {
    const { appliance } = this
    const { task } = await killAt(appliance, cut, act, async () => {
      await last?.()
      await appliance.kill9()
      if (cancelled) cancelAll(appliance, cut.kind)
      for (const id of (await appliance.lab.virsh('list', '--uuid'))
        .split('\n')
        .filter((line) => line !== ''))
        await appliance.lab.virsh('destroy', id)
    })
    await appliance.start()
    await this.wellAfter(`power cut: ${nameOf(cut)}`)
    return task && (await taskState(appliance, task))
  }

  async wellAfter(what: string): Promise<void> {
    await settled(this.appliance).catch((cause: unknown) => {
      throw new Error(`${what}: ${cause instanceof Error ? cause.message : cause}`, { cause })
    })
    assert.deepEqual(await problems(this.appliance, this.empty), [], what)
  }

  /** Ids by name, without the group before it. */
  async guests(): Promise<Map<string, string>> {
    const path = '/guest_search/?pool=default'
    const found = await this.appliance.api<{ id: string; name: string }[]>('GET', path)
    return new Map(found.map(({ id, name }) => [name.replace(/^manager\./, ''), id]))
  }

  async isRunning(id: string): Promise<boolean> {
    const running = (await this.appliance.lab.virsh('list', '--uuid')).includes(id)
    const told = (await life.instance(this.appliance, id)).running
    assert.equal(told, running, 'the appliance and libvirt disagree on whether the guest runs')
    return running
  }

  async power(id: string, on: boolean): Promise<void> {
    if ((await this.isRunning(id)) === on) return
    await (on
      ? this.appliance.api('POST', `/instances/${id}`, {})
      : this.appliance.api('DELETE', `/instances/${id}`, { force: true, reboot: false }))
    await settled(this.appliance)
  }

  async snapshots(id: string): Promise<string[]> {
    return Object.keys(await this.appliance.api<object>('GET', `/instances/${id}/snapshots/`)).sort()
  }

  /** Its disks are one layer each, and nothing else of it is on the pool but what it runs with. */
  async isWhole(id: string): Promise<void> {
    const kinds = (await liveVolumes(this.appliance, id)).filter((kind) => kind !== 'nvram')
    assert.deepEqual(kinds.sort(), ['disk', 'disk', 'seed'])
  }

  /** It really boots from what its disks hold now. */
  async boots(id: string): Promise<GuestAgent> {
    await this.power(id, true)
    const agent = new GuestAgent(this.appliance.lab, id)
    await agent.waitUntilReady(240_000)
    return agent
  }

  /** Deletes all there is; afterwards the host is as it was before. */
  async clear(): Promise<void> {
    for (const id of (await this.guests()).values()) {
      await this.appliance.api('DELETE', `/guests/${id}`, { force: true })
      await settled(this.appliance)
    }
    await this.appliance.api('DELETE', `/disk_images/${this.image}`)
    await settled(this.appliance)
    assert.deepEqual(await life.purgeQuarantine(this.appliance), [])
    // The filter of a guest whose deletion was cut goes with the next pass of its reconciler, at most a minute later.
    let difference: object = {}
    const isEmpty = async () => {
      difference = diffFingerprint(this.empty, await look(this.appliance))
      return Object.keys(difference).length === 0 ? true : undefined
    }
    await waitFor('a host as before', isEmpty, { timeoutMs: 90_000, everyMs: 1000 }).catch(() => undefined)
    assert.deepEqual(difference, {})
  }
}
