// Everything that a killed appliance may have left behind, looked for in its record and on the host.
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type Sqlite from 'better-sqlite3'
import { waitFor } from '../lab/http.ts'
import type { Lab } from '../lab/libvirt.ts'
import type { Appliance } from './harness.ts'
import { type Fingerprint, hostFingerprint, processes } from './harness-fingerprint.ts'
import { openState } from './kill-cut.ts'
import { ledger } from './life.ts'

export const look = (appliance: Appliance) =>
  hostFingerprint({ lab: appliance.lab, dataDir: appliance.dataDir, appliancePid: appliance.pid })

const ended = "state IN ('done', 'failed', 'cancelled', 'superseded')"

interface TaskLine {
  id: string
  kind: string
  state: string
  step: string | null
  error: string | null
}

/** Resolves when no task is in hand; throws at once when one is stuck. */
export async function settled(appliance: Appliance, timeoutMs = 120_000): Promise<void> {
  await readRecord(appliance, (db) =>
    waitFor(
      'end of all tasks',
      async () => {
        const open = db
          .prepare(`SELECT id, kind, state, step, error FROM task WHERE NOT ${ended}`)
          .all() as TaskLine[]
        const stuck = open.find((task) => task.state === 'stuck')
        if (stuck) throw new Stuck(`${stuck.kind} is stuck in '${stuck.step}': ${stuck.error}`)
        return open.length === 0 ? true : undefined
      },
      { timeoutMs, everyMs: 20 },
    ),
  )
}

class Stuck extends Error {}

async function readRecord<T>(
  appliance: Appliance,
  read: (db: Sqlite.Database) => T | Promise<T>,
): Promise<T> {
  const db = openState(appliance.dataDir, { readonly: true })
  try {
    return await read(db)
  } finally {
    db.close()
  }
}

export const taskState = (appliance: Appliance, id: string): Promise<string | undefined> =>
  readRecord(appliance, (db) => {
    const row = db.prepare('SELECT state, error FROM task WHERE id = ?').get(id) as TaskLine | undefined
    return row && `${row.state}${row.error ? `: ${row.error}` : ''}`
  })

/** Kinds of the volumes of a guest that are not in quarantine. */
export const liveVolumes = (appliance: Appliance, guest: string): Promise<string[]> =>
  readRecord(appliance, (db) =>
    (
      db.prepare("SELECT kind FROM volume WHERE owner = ? AND state <> 'quarantined'").all(guest) as Volume[]
    ).map(({ kind }) => kind),
  )

/** What runs on after the appliance was killed although nobody needs it: all but QEMU and what libvirt itself runs. */
export async function orphans({ lab }: Appliance): Promise<string[]> {
  const strangers = () => processes({ lab, excused: /^(qemu-system|dnsmasq|libvirtd|prio-rpc-|rpc-)/ })
  // The kernel needs a moment to end a child whose parent has gone.
  const gone = async () => ((await strangers()).length === 0 ? true : undefined)
  await waitFor('end of child processes', gone, { timeoutMs: 2000, everyMs: 20 }).catch(() => undefined)
  return strangers()
}

interface Guest {
  id: string
  name: string
  state: string
  disks: { volume: string }[]
  nvram: string | null
  seed: string | null
  mac: string
  address: string | null
}

interface Volume {
  id: string
  name: string
  kind: string
  state: string
  owner_kind: string
  owner: string
  parent: string | null
  hidden: number
}

interface Snapshot {
  guest: string
  name: string
  parent: string | null
  layers: { volume: string }[]
  nvram: string | null
  memory: string | null
}

interface Record {
  guests: Guest[]
  volumes: Volume[]
  snapshots: Snapshot[]
  addresses: { guest: string; address: string; mac: string }[]
  leftTasks: unknown[]
}

function record(db: Sqlite.Database): Record {
  const all = (table: string) => db.prepare(`SELECT * FROM ${table}`).all() as never[]
  return {
    guests: all('guest').map((row: Guest) => ({ ...row, disks: parsed(row.disks) })),
    volumes: all('volume'),
    snapshots: all('snapshot').map((row: Snapshot) => ({ ...row, layers: parsed(row.layers) })),
    addresses: all('address'),
    leftTasks: [...all('task_lock'), ...all('task_process')],
  }
}

const parsed = <T>(value: T): T => JSON.parse(value as string) as T

/**
 * In words, whatever is not as it should be once the tasks have settled. `base`: the host before the first guest. It is asked
 * again for a while: layers of a deleted snapshot may wait for the reconciler that merges them once a minute.
 */
export async function problems(appliance: Appliance, base: Fingerprint): Promise<string[]> {
  let found: string[] = []
  const none = async () => {
    found = await problemsNow(appliance, base)
    return found.length === 0 ? true : undefined
  }
  await waitFor('a clean host', none, { timeoutMs: 90_000, everyMs: 500 }).catch(() => undefined)
  return found
}

async function problemsNow(appliance: Appliance, base: Fingerprint): Promise<string[]> {
  const seen = await readRecord(appliance, record)
  return [
    ...inRecord(seen),
    ...(await onPool(appliance, seen)),
    ...(await inLibvirt(appliance.lab, seen)),
    ...(await elsewhere(appliance, base)),
  ]
}

function inRecord({ guests, volumes, snapshots, addresses, leftTasks }: Record): string[] {
  const found = leftTasks.map((row) => `lock or process of an ended task: ${JSON.stringify(row)}`)
  for (const { name, state } of guests) if (state !== 'ready') found.push(`guest ${name} is left ${state}`)
  for (const { address, guest } of addresses)
    if (!guests.some((one) => one.id === guest && one.address === address))
      found.push(`address ${address} is nobody's`)
  for (const guest of guests)
    if (!addresses.some((one) => one.guest === guest.id))
      found.push(`guest ${guest.name} has lost its address`)
  for (const snapshot of snapshots)
    if (!guests.some((guest) => guest.id === snapshot.guest))
      found.push(`snapshot ${snapshot.name} is nobody's`)
  const needed = new Set([
    ...guests.flatMap((guest) => [...guest.disks.map((disk) => disk.volume), guest.nvram, guest.seed]),
    ...snapshots.flatMap((one) => [...one.layers.map((layer) => layer.volume), one.nvram, one.memory]),
  ])
  for (const volume of volumes.filter((one) => one.owner_kind === 'guest'))
    found.push(...ofVolume(volume, volumes, needed))
  for (const id of needed)
    if (id && !volumes.some((volume) => volume.id === id && volume.state === 'ready'))
      found.push(`volume ${id} is needed, but not there`)
  return found
}

function ofVolume(volume: Volume, volumes: Volume[], needed: ReadonlySet<string | null>): string[] {
  if (volume.state === 'creating') return [`volume ${volume.name} is left half made`]
  if (volume.state === 'quarantined' || needed.has(volume.id)) return []
  // A layer of a deleted snapshot waits only while something that cannot be merged now stands on it.
  const children = volumes.filter((one) => one.parent === volume.id)
  const waits =
    children.length > 1 ||
    children.some((child) => child.state === 'quarantined' || isBetween(child, volumes))
  return volume.hidden && waits ? [] : [`volume ${volume.name} is needed by nothing`]
}

/** Something in quarantine stands on it, so that it must not be merged away. */
const isBetween = (volume: Volume, volumes: Volume[]) =>
  volumes.some((one) => one.parent === volume.id && one.state === 'quarantined')

async function onPool(appliance: Appliance, { volumes }: Record): Promise<string[]> {
  const found = (await ledger(appliance))
    .filter(({ status }) => status !== 'owned' && status !== 'quarantined')
    .map(({ name, status }) => `${name} is ${status} in the ledger`)
  const [pool, scratch] = ['pools/local', 'scratch'].map((name) => join(appliance.dataDir, name)) as [
    string,
    string,
  ]
  for (const [dir, state] of [
    [pool, 'ready'],
    [join(pool, '.quarantine'), 'quarantined'],
  ] as const) {
    const names = (await readdir(dir, { withFileTypes: true }))
      .filter((one) => !one.isDirectory())
      .map((one) => one.name)
    const wanted = new Set(volumes.filter((one) => one.state === state).map((one) => one.name))
    for (const name of names) if (!wanted.has(name)) found.push(`${join(dir, name)} is an orphan`)
    for (const name of wanted) if (!names.includes(name)) found.push(`${join(dir, name)} is missing`)
  }
  for (const name of await readdir(scratch)) found.push(`scratch file ${name} is left`)
  return [...found, ...(await chains(pool, volumes))]
}

/** What each layer says that it stands on is what is recorded. */
async function chains(pool: string, volumes: Volume[]): Promise<string[]> {
  const found: string[] = []
  for (const volume of volumes) {
    if (volume.state !== 'ready' || !volume.name.endsWith('.qcow2') || volume.owner_kind !== 'guest') continue
    const parent = volumes.find((one) => one.id === volume.parent)
    const [backing, wanted] = [
      await backingOf(join(pool, volume.name)),
      parent ? join(pool, parent.name) : '',
    ]
    if (backing !== wanted) found.push(`${volume.name} stands on '${backing}', not on '${wanted}'`)
  }
  return found
}

/** From the header of a qcow2 file; empty where it stands on none. */
async function backingOf(path: string): Promise<string> {
  const file = await open(path)
  try {
    const header = Buffer.alloc(20)
    await file.read(header, 0, header.length, 0)
    const name = Buffer.alloc(header.readUInt32BE(16))
    await file.read(name, 0, name.length, Number(header.readBigUInt64BE(8)))
    return name.toString()
  } finally {
    await file.close()
  }
}

const mark = 'next-answer'

/** Answers of several virsh commands by one process. */
async function virsh(lab: Lab, commands: string[]): Promise<string[]> {
  const output = await lab.virsh(commands.map((command) => `echo ${mark}; ${command}`).join('; '))
  return output.split(mark).slice(1)
}

async function inLibvirt(lab: Lab, { guests, volumes, addresses }: Record): Promise<string[]> {
  const listed = await virsh(lab, ['list --all --uuid', 'list --uuid'])
  const [all = [], running = []] = listed.map((text) => text.split('\n').filter((line) => line !== ''))
  const found = all
    .filter((id) => !guests.some((guest) => guest.id === id))
    .map((id) => `domain ${id} is an orphan`)
  for (const { id, name } of guests) if (!all.includes(id)) found.push(`guest ${name} has no domain`)
  const known = guests.filter(({ id }) => all.includes(id))
  const views = known.flatMap((guest) => [
    { guest, command: `dumpxml ${guest.id} --inactive` },
    ...(running.includes(guest.id) ? [{ guest, command: `dumpxml ${guest.id}` }] : []),
  ])
  const networks = ['net-dumpxml nacelle-default', 'net-dumpxml nacelle-default --inactive']
  const answers = await virsh(lab, [...networks, ...views.map((view) => view.command)])
  for (const xml of answers.splice(0, networks.length)) found.push(...onNetwork(xml, addresses))
  for (const [index, { guest, command }] of views.entries())
    for (const id of [...guest.disks.map((disk) => disk.volume), guest.nvram, guest.seed]) {
      const volume = volumes.find((one) => one.id === id)
      if (volume && !answers[index]?.includes(volume.name))
        found.push(`${command} of ${guest.name} lacks ${volume.name}`)
    }
  return found
}

function onNetwork(xml: string, addresses: Record['addresses']): string[] {
  const wanted = addresses.map(({ mac, address }) => `${mac} ${address}`).sort()
  const hosts = [...xml.matchAll(/<host mac='([^']*)'.* ip='([^']*)'/g)]
    .map(([, mac, ip]) => `${mac} ${ip}`)
    .sort()
  return hosts.join() === wanted.join() ? [] : [`DHCP entries: ${hosts.join()} instead of ${wanted.join()}`]
}

/** What guests do not change: temporary files, mounts, and the firewall but for the tables in which libvirt filters them. */
async function elsewhere({ lab }: Appliance, base: Fingerprint): Promise<string[]> {
  const [files, rules] = await Promise.all([
    readdir(lab.tempDir, { recursive: true }),
    lab.exec('nft', ['--stateless', 'list', 'ruleset']),
  ])
  const kept = new Set(rules.stdout.split('\n').map((line) => line.trimEnd()))
  return [
    ...files
      .filter((name) => !base.temporary.includes(join(lab.tempDir, name)))
      .map((name) => `temporary file ${name}`),
    ...base.nftables.filter((line) => !kept.has(line)).map((line) => `firewall without ${line}`),
  ]
}
