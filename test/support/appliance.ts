// The whole appliance on a pretended host, answering HTTP without a socket.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import pino from 'pino'
import * as v from 'valibot'
import { systemContext } from '../../src/core/context.ts'
import { hashSecret, tokenPrefix } from '../../src/core/identity/tokens.ts'
import * as cellSchema from '../../src/db/cell-schema.ts'
import * as schema from '../../src/db/schema.ts'
import { createStateDisk } from '../../src/drivers/host/reserve.ts'
import { qcow2Magic } from '../../src/drivers/simulated/volumes.ts'
import type { SimulatedOptions } from '../../src/drivers/simulated/world.ts'
import { mountNano } from '../../src/http/nano/mount.ts'
import type { Operation } from '../../src/http/operation.ts'
import type { HttpEnv } from '../../src/http/request-context.ts'
import { type Appliance, createAppliance } from '../../src/main/appliance.ts'
import { type BringUp, bringUp } from '../../src/main/bring-up.ts'
import { closedBy, gated, mainOperations, type Surroundings } from '../../src/main/operations.ts'
import type { Change } from '../../src/zone/zone.ts'
import { type SimulatedHost, simulatedHost } from './simulated-drivers.ts'

export interface Answer {
  status: number
  headers: Headers
  data: unknown
  message: string
  code?: string
  field?: string
  details?: Record<string, unknown>
  /** As it was sent. */
  text: string
}

/** A body that is a string or bytes goes as it is, anything else as JSON. */
export type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>

export interface TestAppliance extends SimulatedHost {
  appliance: Appliance
  /** For one that was opened idle. */
  bringUp(): Promise<void>
  dataDir: string
  app: Hono<HttpEnv>
  /** Calls by somebody of `people`, or by whoever the credential is of; `null` shows none. */
  as(who: string | null): Call
  /** As the administrator. */
  call: Call
  close(): Promise<void>
}

/** Everybody has a token that nothing limits; their groups give them their roles. */
export const people = {
  admin: ['manager'],
  alice: ['staff'],
  bob: ['staff'],
  carol: ['guests'],
  audrey: ['audit'],
  martin: ['upkeep'],
} as const satisfies Record<string, readonly string[]>

const groups = { staff: ['user'], guests: ['user'], audit: ['auditor'], upkeep: ['maintainer'] }

export const tokenOf = (who: string): string => `${tokenPrefix}of-${who}`

export interface TestApplianceOptions extends Omit<SimulatedOptions, 'files'> {
  /** Leaves the appliance as it is before its bring-up and without anybody. */
  idle?: boolean
  /** The file system of the data directory itself instead of a pretended one. */
  realStateDisk?: boolean
  /** What the doctor finds; left out: on the machine that the tests run on. */
  look?: Surroundings['look']
  /** Changes the pretended host before the appliance knows it. */
  prepare?(host: SimulatedHost): void
}

export async function openTestAppliance(options: TestApplianceOptions = {}): Promise<TestAppliance> {
  const { idle = false, realStateDisk = false, look, prepare, ...simulated } = options
  const dataDir = await mkdtemp(join(tmpdir(), 'nacelle-api-'))
  const host = simulatedHost(dataDir, simulated)
  if (realStateDisk) host.drivers.stateDisk = createStateDisk(dataDir)
  prepare?.(host)
  // NACELLE_TEST_LOG=error shows what an internal error was.
  const log = pino({ level: process.env['NACELLE_TEST_LOG'] ?? 'silent' })
  const appliance = createAppliance({ dataDir, cellName: 'here', drivers: host.drivers, log })
  const stopping = new AbortController()
  await appliance.identity.setup.prepare(systemContext(log))
  let up: BringUp = { waitingFor: () => 'the appliance is starting', done: Promise.resolve() }
  const begin = () => {
    up = bringUp(appliance, dataDir, stopping.signal)
    return up.done
  }
  if (!idle) {
    await appliance.zone.commit({ who: 'test', requestId: 'test', action: 'people' }, peopleChanges())
    await begin()
  }
  const app = new Hono<HttpEnv>()
  const config = { dataDir, listen: { scheme: 'http', host: '127.0.0.1', port: 0 }, libvirtUri: 'test:///' }
  const operations = mainOperations(appliance, config as Parameters<typeof mainOperations>[1], { look })
  const answering = gated(operations, {
    waitingFor: () => up.waitingFor(),
    closed: closedBy(appliance),
  }).map(heldToItsSchema)
  mountNano(app, answering, { log, resolve: appliance.identity.resolve })
  const as = (who: string | null) => callOf(app, who === null || !(who in people) ? who : tokenOf(who))
  const close = async () => {
    stopping.abort()
    await appliance.reconcilers.stop()
    await appliance.tasks.stop()
    await appliance.outbox.stop()
    await appliance.figures.stop()
    appliance.identity.close()
    appliance.database.close()
    await rm(dataDir, { recursive: true, force: true })
  }
  return { ...host, appliance, bringUp: begin, dataDir, app, as, call: as('admin'), close }
}

/** Answers that the API document does not describe are internal errors here. */
const heldToItsSchema = (operation: Operation): Operation => ({
  ...operation,
  async handle(op, request) {
    const answer = await operation.handle(op, request)
    if (op.dryRun || answer.stream) return answer
    const { id, status = [200], reply } = operation
    assert.ok(status.includes(answer.status ?? status[0] ?? 200), `${id} answered ${answer.status}`)
    if (!reply) assert.equal(answer.data, undefined, `${id} answered data`)
    else assert.deepEqual(v.parse(reply, answer.data), answer.data, `${id} answered what its schema lacks`)
    return answer
  },
})

const put = (table: Change['table'], key: string, after: object): Change => ({
  table,
  key,
  before: null,
  after: after as Change['after'],
})

function peopleChanges(): Change[] {
  const rows = Object.entries(groups).map(([name, roles]) =>
    put('userGroup', name, { name, display: '', roles }),
  )
  for (const [name, memberships] of Object.entries(people)) {
    rows.push(put('user', name, { name, id: name, nick: '', mail: '', passwordHash: '', createdAt: 0 }))
    for (const group of memberships)
      rows.push(put('membership', `${group}/${name}`, { key: `${group}/${name}`, group, user: name }))
    const token = { id: `token-${name}`, user: name, name: 'test', permissions: null, expiresAt: null }
    rows.push(put('token', token.id, { ...token, secretHash: hashSecret(tokenOf(name)), createdAt: 0 }))
  }
  return rows
}

const callOf =
  (app: Hono<HttpEnv>, credential: string | null): Call =>
  async (method, path, body, headers = {}) => {
    const legacy = Object.keys(headers).some((name) => name.toLowerCase() === 'nano-session')
    const response = await app.request(path, {
      method,
      headers: {
        ...(credential === null || legacy ? {} : { authorization: `Bearer ${credential}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: encoded(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json')
    const parsed = isJson ? (JSON.parse(text) as Partial<Answer>) : {}
    return {
      data: undefined,
      message: '',
      ...parsed,
      status: response.status,
      headers: response.headers,
      text,
    }
  }

const encoded = (body: unknown) =>
  typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body)

/** What a creation must have; two small disks. */
export const guestBody = (more: Record<string, unknown> = {}) => ({
  name: 'web1',
  owner: 'admin',
  group: 'manager',
  pool: 'default',
  cores: 2,
  memory: 512 << 20,
  disks: [2 ** 31, 2 ** 30],
  auto_start: false,
  ...more,
})

/** The task that an answer names, at its end. */
export async function ended({ appliance }: TestAppliance, answer: Answer) {
  const id = answer.headers.get('nacelle-task')
  if (!id) throw new Error(`no task was started: ${answer.status} ${answer.text}`)
  return appliance.tasks.wait(id, 10_000)
}

/** A guest that is complete; its id. */
export async function makeGuest(
  world: TestAppliance,
  more: Record<string, unknown> = {},
  call: Call = world.call,
): Promise<string> {
  const answer = await call('POST', '/api/v1/guests/', guestBody(more))
  const task = await ended(world, answer)
  if (task.state !== 'done') throw new Error(`the guest was not made: ${task.error?.message}`)
  return (answer.data as { id: string }).id
}

/** An image with its bytes; `sizeBytes` as a guest sees it. */
export async function makeImage(
  { call }: TestAppliance,
  kind: 'disk' | 'media',
  more: { name?: string; owner?: string; group?: string; sizeBytes?: number } = {},
): Promise<string> {
  const { sizeBytes = 1 << 30, ...rest } = more
  const body = { name: `some-${kind}`, owner: 'admin', group: 'manager', ...rest }
  const made = await call('POST', `/api/v1/${kind}_images/`, body)
  const { id } = made.data as { id: string }
  const content = kind === 'media' ? Buffer.alloc(4096, 1) : qcow2Header(sizeBytes)
  const sent = await call('POST', `/api/v1/${kind}_image_files/${id}`, content)
  if (sent.status !== 200) throw new Error(`the image was not uploaded: ${sent.text}`)
  return id
}

function qcow2Header(sizeBytes: number): Buffer {
  const header = Buffer.alloc(512)
  qcow2Magic.copy(header)
  header.writeBigUInt64BE(BigInt(sizeBytes), 24)
  return header
}

/** All that a refused request must leave as it was. */
export async function everything({
  appliance,
  volumes,
  hypervisor,
  network,
}: TestAppliance): Promise<object> {
  const { zone, tasks } = appliance
  const networks = await network.networks()
  return {
    revision: zone.revision(),
    volumes: [...volumes.inUse.keys()].sort(),
    quarantined: [...volumes.quarantined.keys()].sort(),
    partials: [...volumes.partials.keys()].sort(),
    domains: [...hypervisor.world.domains.values()].map(({ name, state }) => `${name} ${state}`),
    hosts: networks.flatMap(({ hosts }) => hosts.map(({ mac, address }) => `${mac} ${address}`)),
    tasks: tasks.list({ limit: 1 }).total,
    locks: zone.db.select().from(cellSchema.taskLock).all().length,
  }
}

/** Holds the hypervisor's next such call until it is let go, so that a task stays in the middle. */
export function hold({ hypervisor }: TestAppliance, call: string) {
  const gate = Promise.withResolvers<void>()
  const arrival = Promise.withResolvers<void>()
  hypervisor.world.fault = async (name) => {
    if (name !== call) return
    arrival.resolve()
    await gate.promise
  }
  return {
    reached: arrival.promise,
    letGo() {
      hypervisor.world.fault = undefined
      gate.resolve()
    },
  }
}

/** An address of the default pool that nobody has; guests get theirs at random. */
export function freeAddress({ appliance }: TestAppliance): string {
  const { db } = appliance.zone
  const taken = new Set(
    db
      .select()
      .from(schema.address)
      .all()
      .map((row) => row.address),
  )
  const start = db.select().from(schema.addressRange).get()?.start ?? ''
  const [network, first] = [start.replace(/\d+$/, ''), Number(start.split('.').at(-1))]
  return (
    Array.from({ length: 200 }, (_, i) => `${network}${first + i}`).find((address) => !taken.has(address)) ??
    ''
  )
}
