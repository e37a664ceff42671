import type { Tasks, TaskView } from '../../tasks/saga.ts'
import type { Attention } from '../attention/attention.ts'
import type { Cells } from '../compute-pools/cells.ts'
import type { ComputePools } from '../compute-pools/compute-pools.ts'
import type { OperationContext } from '../context.ts'
import type { Doctor } from '../doctor/doctor.ts'
import { AppError, hasCode } from '../errors.ts'
import type { Hypervisor, HypervisorFacts } from '../hypervisor.ts'
import { requirePermission } from '../identity/permissions.ts'
import type { Journal } from '../journal/journal.ts'
import type { Settings } from '../settings/settings.ts'
import type { StateDiskStatus } from '../state-disk/state-disk.ts'
import type { StoragePools } from '../storage-pools/storage-pools.ts'

export interface SupportDeps {
  /** Version and configuration of the program: nothing in it may be secret. */
  program: { version: object; configuration: object; startedAt: number }
  doctor: Doctor
  attention: Attention
  settings: Settings
  taskService: { list: (op: OperationContext, filter: { limit: number }) => { tasks: TaskView[] } }
  tasks: Pick<Tasks, 'events'>
  journal: Journal
  reconcilers: { status(): object[] }
  storagePools: StoragePools
  computePools: ComputePools
  cells: Cells
  drivers: { hypervisor: Hypervisor }
  facts: { known(): HypervisorFacts | undefined }
  stateDisk: { status(): StateDiskStatus }
}

export interface SupportFile {
  name: string
  text: string
}

type Section = [name: string, gather: (op: OperationContext) => Promise<unknown> | unknown]

// Enough to see what came before a failure, and little enough to be sent by mail.
const mostEntries = 200
const mostDomains = 200

export interface Support {
  /**
   * What somebody who helps from afar needs, file by file, read while it is sent; without secrets, and only what the caller
   * may read. What cannot be read says why in its place; the last file names what was left out. Needs `system.read`.
   */
  files(op: OperationContext): AsyncGenerator<SupportFile>
}

export const createSupport = (deps: SupportDeps): Support => ({
  files(op) {
    requirePermission(op, 'system.read')
    return gather(deps, op)
  },
})

async function* gather(deps: SupportDeps, op: OperationContext): AsyncGenerator<SupportFile> {
  const leftOut: string[] = []
  yield { name: 'README.txt', text: readme }
  for (const [name, read] of sections(deps)) {
    op.signal.throwIfAborted()
    try {
      yield { name, text: `${JSON.stringify(await read(op), null, 2)}\n` }
    } catch (error) {
      if (hasCode(error, 'forbidden')) leftOut.push(`${name}: ${error.message}`)
      else yield { name: `${name}.failed.txt`, text: `${(error as Error).message}\n` }
    }
  }
  yield* domains(deps, op, leftOut)
  yield { name: 'left-out.txt', text: leftOut.length > 0 ? `${leftOut.join('\n')}\n` : 'nothing\n' }
}

const readme = `What Nacelle knows of itself, for whoever helps. It holds no passwords, keys, tokens or sessions, but names, addresses
and the last changes: look through it before you give it away. The program's log is kept by systemd, not here:
  journalctl -u nacelle --since -1day > nacelle.log
`

const sections = (deps: SupportDeps): Section[] => [
  [
    'version.json',
    () => ({
      ...deps.program.version,
      startedAt: new Date(deps.program.startedAt).toISOString(),
      hypervisor: deps.facts.known() ?? null,
    }),
  ],
  ['configuration.json', () => deps.program.configuration],
  ['settings.json', (op) => deps.settings.list(op).map(({ name, value }) => ({ name, value }))],
  ['doctor.json', (op) => deps.doctor.examine(op)],
  ['attention.json', (op) => deps.attention.list(op)],
  ['tasks.json', (op) => tasksOf(deps, op)],
  ['reconcilers.json', () => deps.reconcilers.status()],
  ['state-disk.json', () => deps.stateDisk.status()],
  ['storage-pools.json', (op) => storagePoolsOf(deps, op)],
  ['compute-pools.json', (op) => deps.computePools.list(op)],
  ['cells.json', (op) => deps.cells.list(op, null)],
  ['journal.json', (op) => journalOf(deps, op)],
]

/** With what happened in those that did not end well; what steps told one another stays inside. */
function tasksOf({ taskService, tasks }: SupportDeps, op: OperationContext) {
  return taskService.list(op, { limit: mostEntries }).tasks.map(({ result, ...task }) => ({
    ...task,
    ...(task.error === null
      ? {}
      : { events: tasks.events(task.id).map(({ seq, step, event, time }) => ({ seq, step, event, time })) }),
  }))
}

const storagePoolsOf = ({ storagePools }: SupportDeps, op: OperationContext) =>
  Promise.all(storagePools.list(op).map(({ name }) => storagePools.get(op, name)))

/** What was changed and by whom, not to what: rows hold more than helps. */
const journalOf = ({ journal }: SupportDeps, op: OperationContext) =>
  journal
    .list(op, { limit: mostEntries, offset: 0 })
    .entries.map(({ revision, time, who, requestId, action, changes }) => ({
      ...{ revision, time: new Date(time).toISOString(), who, requestId, action },
      changes: changes.map(({ table, key }) => `${table} ${key}`),
    }))

async function* domains(
  { drivers }: SupportDeps,
  op: OperationContext,
  leftOut: string[],
): AsyncGenerator<SupportFile> {
  try {
    requirePermission(op, 'guest.read')
    const all = await drivers.hypervisor.list()
    if (all.length > mostDomains) leftOut.push(`domains: all but the first ${mostDomains} of ${all.length}`)
    for (const { id } of all.slice(0, mostDomains)) {
      op.signal.throwIfAborted()
      const xml = await drivers.hypervisor.definition(id).catch((error: Error) => error.message)
      yield { name: `domains/${id}.xml`, text: `${withoutPasswords(xml)}\n` }
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    leftOut.push(`domains: ${error.message}`)
  }
}

/** The hypervisor leaves them out already; this is for one that forgets. */
const withoutPasswords = (xml: string): string => xml.replace(/\bpasswd=(["'])[^"']*\1/g, "passwd='***'")
