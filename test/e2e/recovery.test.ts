import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { waitFor } from '../lab/http.ts'
import { namespaceOf } from '../lab/namespace.ts'
import { killAt } from './kill-cut.ts'
import { KillStage } from './kill-stage.ts'
import * as life from './life.ts'

/** Longest from a change of the host behind the appliance's back to its repair: the slowest timer and one pass. */
const repairMs = 90_000

describe('what changes under the appliance', { timeout: 900_000 }, () => {
  let stage: KillStage
  let guest: string
  before(async () => {
    stage = await KillStage.open()
    guest = await stage.create({ firmware: 'bios', auto_start: true })
  })
  after(() => stage.close())

  it('is an order to end: a task in the middle goes on at the next start', async () => {
    const { appliance } = stage
    const body = stage.body()
    let exitCode: number | undefined
    await killAt(
      appliance,
      { kind: 'guest.create', step: 'disks', when: 'during', delayMs: 10 },
      () => appliance.api('POST', '/guests/', body),
      async () => {
        exitCode = await appliance.stop()
      },
    )
    assert.equal(exitCode, 0)
    assert.ok((await appliance.lab.virsh('list', '--uuid')).includes(guest), 'guests run on')
    await appliance.start()
    await stage.wellAfter('SIGTERM in the middle of a creation')
    assert.ok((await stage.guests()).has(body.name))
  })

  it('is libvirt, killed and started again: what happens to guests is seen as before', async () => {
    const { appliance } = stage
    process.kill(await daemon(stage, 'libvirtd'), 'SIGKILL')
    await waitFor('loss of libvirt', async () => ((await readiness(stage)) === 503 ? true : undefined))
    assert.equal((await appliance.call('GET', '/guest_search/?pool=default')).status, 200)
    await appliance.lab.exec('libvirtd', ['-d', '-p', '/run/libvirt/libvirtd.pid'])
    await waitFor('libvirt', async () => ((await readiness(stage)) === 200 ? true : undefined), {
      timeoutMs: 60_000,
    })
    assert.equal(await stage.isRunning(guest), true)
    await appliance.lab.virsh('destroy', guest)
    await waitFor(
      'state stopped',
      async () => (await life.instance(appliance, guest)).state === 'stopped' || undefined,
      {
        timeoutMs: 20_000,
      },
    )
    await stage.wellAfter('libvirtd was killed')
  })

  it('is a guest that ends by itself: it is stopped within seconds', async () => {
    const { appliance } = stage
    const agent = await stage.boots(guest)
    await agent.sh('sync; (sleep 1; poweroff -f) >/dev/null 2>&1 &')
    await waitFor(
      'end of QEMU',
      async () => !(await appliance.lab.virsh('list', '--uuid')).includes(guest) || undefined,
      {
        timeoutMs: 60_000,
      },
    )
    const ended = performance.now()
    await waitFor(
      'state stopped',
      async () => (await life.instance(appliance, guest)).state === 'stopped' || undefined,
    )
    assert.ok(performance.now() - ended < 3000)
  })

  it('is the work of other hands: firewall, DHCP entry and domain are put back', async () => {
    const { lab } = stage.appliance
    const entry = /<host mac='[^']*'.* ip='[^']*'\/>/.exec(
      await lab.virsh('net-dumpxml', 'nacelle-default'),
    )?.[0]
    assert.ok(entry)
    await lab.exec('nft', ['flush', 'ruleset'])
    const words = ['delete', 'ip-dhcp-host', entry, '--live', '--config']
    await lab.virsh('net-update', 'nacelle-default', ...words)
    await lab.virsh('undefine', '--nvram', guest)
    assert.equal((await lab.virsh('list', '--all', '--uuid')).includes(guest), false)
    await waitFor('repair', async () => ((await isRepaired(stage, guest, entry)) ? true : undefined), {
      timeoutMs: repairMs,
      everyMs: 1000,
    })
    await stage.wellAfter('firewall, DHCP entry and domain were removed')
    await stage.power(guest, true)
  })

  it('and nothing is left of it', () => stage.clear())
})

async function isRepaired({ appliance: { lab } }: KillStage, guest: string, entry: string): Promise<boolean> {
  return (
    (await lab.exec('nft', ['list', 'ruleset'])).stdout.includes('masquerade') &&
    (await lab.virsh('net-dumpxml', 'nacelle-default')).includes(entry) &&
    (await lab.virsh('list', '--all', '--uuid')).includes(guest)
  )
}

async function readiness({ appliance }: KillStage): Promise<number> {
  return (await (await appliance.anonymous()).request('GET', '/readyz')).status
}

/** The pid outside of a daemon of the lab. */
async function daemon({ appliance: { lab } }: KillStage, name: string): Promise<number> {
  for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry)))
    if (
      (await namespaceOf(Number(pid))) === lab.pidNamespace &&
      (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim() === name
    )
      return Number(pid)
  throw new Error(`${name} does not run in the lab`)
}
