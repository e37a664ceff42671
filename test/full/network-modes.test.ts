// The three network modes with packets: a real guest, and a machine of the LAN that is a namespace on a bridge.
import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { type Appliance, startBoth } from '../e2e/harness.ts'
import * as life from '../e2e/life.ts'
import { GuestAgent } from '../lab/agent.ts'
import { waitFor } from '../lab/http.ts'
import type { Lab } from '../lab/libvirt.ts'

let lab: Lab
let appliance: Appliance
let stop: (() => Promise<void>) | undefined
let image = ''

const api = <T = unknown>(method: string, path: string, body?: unknown) =>
  appliance.api<T>(method, path, body)

/** Tells each client the address that it comes from. */
const echo = `require('node:net').createServer((s) => { s.on('error', () => 0); s.end(s.remoteAddress) })
  .listen(9000, '0.0.0.0')`

before(async () => {
  const both = await startBoth()
  ;({ lab, appliance, stop } = both)
  for (const words of [
    'link add br0 type bridge',
    'addr add 192.0.2.1/24 dev br0',
    'link set br0 up',
    'netns add outside',
    'link add p-outside type veth peer name eth0 netns outside',
    'link set p-outside master br0 up',
    '-n outside addr add 192.0.2.9/24 dev eth0',
    '-n outside link set eth0 up',
  ])
    await lab.exec('ip', words.split(' '))
  await lab.spawn('ip', ['netns', 'exec', 'outside', process.execPath, '-e', echo])
  image = await life.uploadTiny(appliance)
})
after(() => stop?.())

interface Machine {
  id: string
  agent: GuestAgent
  address: string
  external: string
  ports: { guest: number; host: number }[]
}

interface Shown extends life.GuestReply {
  external: { network_address?: string }
  ports: Machine['ports']
}

async function machine(name: string, more: object = {}): Promise<Machine> {
  const body = { from_image: image, auto_start: true, disks: [128 << 20], ...more }
  const id = await life.createGuest(appliance, life.createBody(name, body))
  const agent = new GuestAgent(lab, id)
  await agent.waitUntilReady(life.bootMs)
  await agent.sh('mkdir -p /tmp/www; echo served >/tmp/www/index.html; httpd -p 80 -h /tmp/www')
  const { internal, external, ports } = await api<Shown>('GET', `/instances/${id}`)
  const address = internal.allocated_address?.split('/')[0] ?? ''
  return { id, agent, address, external: external.network_address ?? '', ports }
}

/** Whether the machine of the LAN gets the page. */
async function served(target: string): Promise<boolean> {
  const words = ['netns', 'exec', 'outside', 'curl', '-s', '-m', '5', `http://${target}/`]
  return (await lab.exec('ip', words, { allowFailure: true })).stdout.trim() === 'served'
}

const becomesServed = (target: string) =>
  waitFor(`page of ${target}`, async () => ((await served(target)) ? true : undefined), { timeoutMs: 60_000 })

/** The address that the machine of the LAN sees the guest come from. */
const seenAs = async ({ agent }: Machine) =>
  (await agent.sh('nc -w 5 192.0.2.9 9000 </dev/null || true')).trim().replace('::ffff:', '')

async function gone({ id }: Machine): Promise<void> {
  await api('DELETE', `/guests/${id}`, { force: true })
  const look = async () => ((await appliance.call('GET', `/guests/${id}`)).status === 404 ? true : undefined)
  await waitFor('end of the guest', look, { timeoutMs: 60_000 })
}

const leased = ({ agent, address }: Machine) =>
  waitFor(
    'lease',
    async () => ((await agent.sh('ip -4 addr show dev eth0')).includes(address) ? true : undefined),
    { timeoutMs: 60_000 },
  )

it('share: a forwarded port reaches the guest, after a flush and after a restart too', async () => {
  const guest = await machine('share', { ports: [80] })
  await leased(guest)
  const target = `192.0.2.1:${guest.ports[0]?.host}`
  await becomesServed(target)
  assert.equal(await seenAs(guest), '192.0.2.1')
  await lab.exec('nft', ['flush', 'ruleset'])
  assert.equal(await served(target), false)
  await api('POST', '/reconcilers/firewall')
  await becomesServed(target)
  await appliance.stop()
  await lab.exec('nft', ['flush', 'ruleset'])
  await appliance.start()
  await becomesServed(target)
  await gone(guest)
})

it('mono: the guest is reached by its external address and sends from it, until it goes', async () => {
  const range = { end: '192.0.2.79', netmask: '255.255.255.0' }
  await api('POST', '/address_pools/default/external/ranges/192.0.2.77', range)
  await api('PUT', '/compute_pools/default', { network_mode: 'mono' })
  const guest = await machine('mono')
  await leased(guest)
  assert.match(guest.external, /^192\.0\.2\.7[789]$/)
  await becomesServed(guest.external)
  assert.equal(await seenAs(guest), guest.external)
  await lab.exec('nft', ['flush', 'ruleset'])
  assert.equal(await served(guest.external), false)
  await api('POST', '/reconcilers/firewall')
  await becomesServed(guest.external)
  assert.equal(await seenAs(guest), guest.external)
  await gone(guest)
  const held = async () => (await lab.exec('ip', ['-4', '-br', 'addr'])).stdout.includes(guest.external)
  await waitFor('address', async () => ((await held()) ? undefined : true), { timeoutMs: 60_000 })
  await api('PUT', '/compute_pools/default', { network_mode: 'share' })
  await api('DELETE', '/address_pools/default/external/ranges/192.0.2.77')
})

it('plain: the guest is on the LAN itself', async () => {
  const [cell] = await api<{ name: string }[]>('GET', '/compute_pool_cells/default')
  await api('PUT', `/compute_pool_cells/default/${cell?.name}`, { bridge: 'br0' })
  await api('POST', '/address_pools/lan', { gateway: '192.0.2.254', provider: 'cloudinit' })
  await api('PUT', '/compute_pools/default', { network_mode: 'plain', network: 'lan' })
  await api('POST', '/address_pools/lan/internal/ranges/192.0.2.100', {
    end: '192.0.2.109',
    netmask: '255.255.255.0',
  })
  const guest = await machine('plain', { network_address: '192.0.2.105' })
  // The tiny guest has no cloud-init: what the seed says is said to it by hand.
  await guest.agent.sh('ip link set eth0 up; ip addr add 192.0.2.105/24 dev eth0')
  await becomesServed('192.0.2.105')
  assert.equal(await seenAs(guest), '192.0.2.105')
  await gone(guest)
})
