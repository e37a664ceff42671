import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '../../src/core/context.ts'
import type { DomainEvent, DomainSpec, Hypervisor } from '../../src/core/hypervisor.ts'
import { runFilterContract } from './hypervisor-filters.ts'
import { runFoundContract } from './hypervisor-found.ts'
import { runSnapshotContract } from './hypervisor-snapshots.ts'

export interface HypervisorContractSubject {
  hypervisor: Hypervisor
  /** The specification of a new guest with a disk of its own; `bootable` has a system with an agent on it. */
  spec(name: string, options?: { bootable?: boolean; firmware?: 'bios' | 'uefi' }): Promise<DomainSpec>
  /** A path in a place where the hypervisor may write. */
  path(name: string): string
  exists(path: string): Promise<boolean>
  /** Whether QEMU, or what pretends to be it, has the file as part of a sound chain of this length. */
  chainLength(path: string): Promise<number>
  close(): Promise<void>
}

export interface HypervisorContractOptions {
  create(): Promise<HypervisorContractSubject>
  /** How long a guest may take to boot or to stop. */
  patienceMs: number
  /** Names of tests that cannot run, with the reason. */
  skip?: Readonly<Record<string, string>>
}

const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
}

/** The promises of Hypervisor, run over every implementation. */
export function runHypervisorContract(name: string, options: HypervisorContractOptions): void {
  describe(`hypervisor: ${name}`, () => {
    let subject: HypervisorContractSubject
    let hypervisor: Hypervisor
    before(async () => {
      subject = await options.create()
      hypervisor = subject.hypervisor
    })
    after(() => subject.close())
    const contract = (title: string, run: () => Promise<void>) =>
      test(title, { skip: options.skip?.[title] ?? false }, run)

    async function until(what: string, check: () => Promise<boolean>): Promise<void> {
      const deadline = performance.now() + options.patienceMs
      while (!(await check())) {
        if (performance.now() > deadline) assert.fail(`not within ${options.patienceMs} ms: ${what}`)
        await delay(20)
      }
    }

    const untilState = (id: string, state: string) =>
      until(`${id} is ${state}`, async () => (await hypervisor.state(id)) === state)

    const untilAgent = (id: string) =>
      until(`the agent of ${id} answers`, () => hypervisor.agent.ping(id, 1_000))

    async function remove(id: string): Promise<void> {
      await hypervisor.destroy(id)
      await hypervisor.undefine(id)
    }

    runFilterContract(contract, () => hypervisor)
    runFoundContract(contract, () => subject)
    runSnapshotContract(contract, { subject: () => subject, untilAgent, patienceMs: options.patienceMs })

    contract('facts name a full machine type and an accelerator with its reason', async () => {
      const facts = await hypervisor.facts()
      assert.match(facts.machines.q35, /^pc-q35-\d+\.\d+$/)
      assert.equal(facts.accelerator === 'kvm', facts.acceleratorReason === '')
      assert.match(facts.libvirtVersion, /^\d+\.\d+\.\d+$/)
      assert.match(facts.qemuVersion, /^\d+\.\d+/)
      assert.ok(facts.hostCores > 0 && facts.hostMemoryBytes > 0)
    })

    contract('define and undefine are repeatable, and a list shows what there is', async () => {
      const spec = await subject.spec('defined')
      assert.equal(await hypervisor.state(spec.id), 'absent')
      await hypervisor.define(spec)
      await hypervisor.define({ ...spec, cores: 2 })
      assert.equal(await hypervisor.state(spec.id), 'stopped')
      const listed = (await hypervisor.list()).find(({ id }) => id === spec.id)
      assert.deepEqual(listed, { id: spec.id, name: spec.domainName, state: 'stopped' })
      await hypervisor.undefine(spec.id)
      await hypervisor.undefine(spec.id)
      assert.equal(await hypervisor.state(spec.id), 'absent')
    })

    contract('a name that another domain has is a conflict', async () => {
      const first = await subject.spec('taken')
      const second = { ...(await subject.spec('other')), domainName: first.domainName }
      await hypervisor.define(first)
      await assert.rejects(hypervisor.define(second), { code: 'conflict' })
      await remove(first.id)
    })

    contract('start and destroy are repeatable', async () => {
      const spec = await subject.spec('started')
      await hypervisor.start(spec)
      await hypervisor.start(spec)
      assert.equal(await hypervisor.state(spec.id), 'running')
      assert.equal((await hypervisor.list()).find(({ id }) => id === spec.id)?.state, 'running')
      await hypervisor.destroy(spec.id)
      await hypervisor.destroy(spec.id)
      assert.equal(await hypervisor.state(spec.id), 'stopped')
      await hypervisor.start(spec)
      assert.equal(await hypervisor.state(spec.id), 'running')
      await remove(spec.id)
      await hypervisor.destroy(spec.id)
      assert.equal(await hypervisor.state(spec.id), 'absent')
    })

    contract('a start takes the new definition', async () => {
      const spec = await subject.spec('changed')
      await hypervisor.start(spec)
      await hypervisor.destroy(spec.id)
      await hypervisor.start({ ...spec, cores: 2 })
      const [figures] = await hypervisor.stats([spec.id])
      assert.equal(figures?.cores, 2)
      await remove(spec.id)
    })

    contract('a domain that is undefined while it runs vanishes when it stops', async () => {
      const spec = await subject.spec('transient')
      await hypervisor.start(spec)
      await hypervisor.undefine(spec.id)
      assert.equal(await hypervisor.state(spec.id), 'running')
      await hypervisor.destroy(spec.id)
      assert.equal(await hypervisor.state(spec.id), 'absent')
    })

    contract('a start without its files names the missing one and leaves nothing running', async () => {
      const spec = await subject.spec('missing')
      const path = subject.path('not-there.qcow2')
      const disks = [...spec.disks, { ...spec.disks[0]!, target: 'vdb', serial: 'two' }]
      disks[1]!.source = { kind: 'file', path, format: 'qcow2' }
      const includesPath = (error: Error) => error.message.includes(path)
      await assert.rejects(hypervisor.start({ ...spec, disks }), (error: Error & { code: string }) => {
        return error.code === 'unavailable' && includesPath(error)
      })
      await assert.rejects(
        hypervisor.start({ ...spec, seed: { kind: 'file', path, format: 'raw' } }),
        includesPath,
      )
      assert.notEqual(await hypervisor.state(spec.id), 'running')
      await remove(spec.id)
    })

    contract('a disk is open in one guest at a time', async () => {
      const first = await subject.spec('owner')
      const second = { ...(await subject.spec('thief')), disks: first.disks }
      await hypervisor.start(first)
      await assert.rejects(hypervisor.start(second), { code: 'busy' })
      await remove(first.id)
      await remove(second.id)
    })

    contract('what needs a running guest says so', async () => {
      const spec = await subject.spec('stopped')
      await hypervisor.define(spec)
      await hypervisor.shutdown(spec.id)
      for (const call of [
        () => hypervisor.display(spec.id),
        () => hypervisor.reset(spec.id),
        () => hypervisor.reboot(spec.id),
        () => hypervisor.serial(spec.id, { columns: 80, rows: 24 }),
        () => hypervisor.agent.addresses(spec.id),
        () => hypervisor.agent.ping(spec.id, 1_000),
        () => hypervisor.changeMedia(spec.id, null),
        () => hypervisor.resizeDisk(spec.id, 'vda', 2 ** 30),
        () => hypervisor.snapshots.chains(spec.id),
      ])
        await assert.rejects(call(), { code: 'conflict' }, call.toString())
      await hypervisor.undefine(spec.id)
      await hypervisor.shutdown(spec.id)
      await assert.rejects(hypervisor.display(spec.id), { code: 'not_found' })
      await assert.rejects(hypervisor.reset(spec.id), { code: 'not_found' })
    })

    contract('stats tell of running guests only', async () => {
      const spec = await subject.spec('measured')
      await hypervisor.define(spec)
      assert.deepEqual(await hypervisor.stats([spec.id]), [])
      await hypervisor.start(spec)
      const [figures] = await hypervisor.stats([spec.id, '00000000-0000-4000-8000-000000000000'])
      assert.equal(figures?.id, spec.id)
      assert.equal(figures?.state, 'running')
      assert.equal(figures?.cores, spec.cores)
      assert.equal(figures?.memoryBytes, spec.memoryBytes)
      assert.deepEqual(
        figures?.disks.map(({ target }) => target),
        ['vda'],
      )
      assert.ok((await hypervisor.stats()).some(({ id }) => id === spec.id))
      await remove(spec.id)
    })

    contract('the display listens on a unix socket', async () => {
      const spec = await subject.spec('shown')
      await hypervisor.start(spec)
      const display = await hypervisor.display(spec.id)
      assert.equal(display.kind, 'unix')
      assert.ok(display.kind === 'unix' && display.path.startsWith('/'))
      await remove(spec.id)
    })

    contract('a display with a password listens where it is told', async () => {
      const spec = await subject.spec('outside')
      const listen = '127.0.0.1'
      await hypervisor.start({ ...spec, display: { kind: 'tcp', listen, password: 'longer than eight' } })
      const display = await hypervisor.display(spec.id)
      assert.ok(display.kind === 'tcp' && display.host === listen && display.port >= 5900)
      await remove(spec.id)
    })

    contract('media go in and out, each twice', async () => {
      const spec = await subject.spec('media')
      const path = subject.path('medium.iso')
      await writeFile(path, Buffer.alloc(65_536))
      await hypervisor.start(spec)
      const medium = { kind: 'file', path, format: 'raw' } as const
      await hypervisor.changeMedia(spec.id, medium)
      await hypervisor.changeMedia(spec.id, medium)
      await hypervisor.changeMedia(spec.id, null)
      await hypervisor.changeMedia(spec.id, null)
      const missing = { ...medium, path: subject.path('no-medium.iso') }
      await assert.rejects(hypervisor.changeMedia(spec.id, missing), { code: 'unavailable' })
      await remove(spec.id)
    })

    contract('a disk grows, and an unknown one is not found', async () => {
      const spec = await subject.spec('growing')
      await hypervisor.start(spec)
      await hypervisor.resizeDisk(spec.id, 'vda', 2 ** 31)
      await hypervisor.resizeDisk(spec.id, 'vda', 2 ** 31)
      await assert.rejects(hypervisor.resizeDisk(spec.id, 'vdq', 2 ** 31), { code: 'not_found' })
      await remove(spec.id)
    })

    contract('watchers hear of starts and stops until they abort', async () => {
      const events: DomainEvent[] = []
      const controller = new AbortController()
      hypervisor.watch((event) => events.push(event), controller.signal, silent)
      const spec = await subject.spec('watched')
      const heard = (detail: string) => async () =>
        events.some((event) => event.id === spec.id && event.kind === 'lifecycle' && event.detail === detail)
      await delay(300)
      await hypervisor.start(spec)
      await until('started', heard('Started Booted'))
      await hypervisor.destroy(spec.id)
      await until('stopped', heard('Stopped Destroyed'))
      await hypervisor.undefine(spec.id)
      await until('undefined', heard('Undefined Removed'))
      controller.abort()
      const count = events.length
      await hypervisor.define(spec)
      await delay(100)
      assert.equal(events.length, count)
      await hypervisor.undefine(spec.id)
    })

    contract('without an agent its commands are refused quickly', async () => {
      const spec = await subject.spec('no-agent')
      await hypervisor.start(spec)
      const started = performance.now()
      assert.equal(await hypervisor.agent.ping(spec.id, 1_000), false)
      await assert.rejects(hypervisor.agent.setPassword(spec.id, 'root', 'secret'), { code: 'unavailable' })
      await assert.rejects(hypervisor.agent.freeze(spec.id), { code: 'unavailable' })
      assert.ok(performance.now() - started < 5_000)
      const overlayPath = subject.path('not-made.qcow2')
      const request = { disks: [{ target: 'vda', overlayPath }], quiesce: true }
      await assert.rejects(hypervisor.snapshots.create(spec.id, request), { code: 'unavailable' })
      assert.equal(await subject.exists(overlayPath), false)
      await remove(spec.id)
    })

    contract('a booted guest answers its agent and stops when asked', async () => {
      const spec = await subject.spec('booted', { bootable: true })
      await hypervisor.start(spec)
      await untilAgent(spec.id)
      await hypervisor.agent.setPassword(spec.id, 'root', `it's "new"; \\ é $HOME`)
      assert.ok(Array.isArray(await hypervisor.agent.addresses(spec.id)))
      assert.ok((await hypervisor.agent.freeze(spec.id)) >= 1)
      await hypervisor.agent.thaw(spec.id)
      await hypervisor.reboot(spec.id)
      await until('the agent is gone', async () => !(await hypervisor.agent.ping(spec.id, 1_000)))
      await untilAgent(spec.id)
      await hypervisor.shutdown(spec.id)
      await untilState(spec.id, 'stopped')
      await remove(spec.id)
    })

    contract('a serial session shows the guest and ends with it', async () => {
      const spec = await subject.spec('serial', { bootable: true })
      await hypervisor.start(spec)
      const terminal = await hypervisor.serial(spec.id, { columns: 100, rows: 30 })
      let shown = ''
      let ended = false
      terminal.onData((data) => {
        shown += data
      })
      terminal.onExit(() => {
        ended = true
      })
      terminal.resize(80, 24)
      await until('a login prompt', async () => {
        terminal.write('\r')
        await delay(200)
        return shown.includes('login: ')
      })
      assert.ok(!shown.includes('Escape character'), 'the greeting of the tool is shown')
      await hypervisor.destroy(spec.id)
      await until('the session ends', async () => ended)
      await remove(spec.id)
    })
  })
}
