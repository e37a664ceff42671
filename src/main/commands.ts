import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Flags, loadConfig } from '../config.ts'
import { systemContext } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import { createIdentity } from '../core/identity/identity.ts'
import { makePassword } from '../core/identity/passwords.ts'
import { createSettings } from '../core/settings/settings.ts'
import { openDatabase } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { loadSqliteBinding } from '../packaging/addons.ts'
import { verifyJournal } from '../zone/journal.ts'
import { createLocalZone } from '../zone/local-zone.ts'
import { localCall, NotRunning } from './local-call.ts'
import { createLog } from './log.ts'

type Env = NodeJS.ProcessEnv

const print = (text: string): void => void process.stdout.write(`${text}\n`)

/** Through the running appliance; where none runs, in its database. */
export async function resetPassword(flags: Flags, env: Env, name: string): Promise<void> {
  const { dataDir } = loadConfig(flags, env)
  const made = makePassword(passwordLength)
  const path = `/users/${encodeURIComponent(name)}/password`
  const isRunning = await running(() => localCall(dataDir, 'PUT', path, { new: made }))
  print(`The new password of '${name}' is ${isRunning ? made : await resetOffline(dataDir, name)}`)
}

const passwordLength = 16

const resetOffline = (dataDir: string, name: string): Promise<string> =>
  offline(dataDir, (zone) => {
    const log = createLog({ logLevel: 'error', logFormat: 'auto' })
    const identity = createIdentity({ zone, db: zone.db, settings: createSettings({ zone, log }) })
    return identity.resetPassword(systemContext(log), name).finally(identity.close)
  })

export async function journalVerify(flags: Flags, env: Env): Promise<void> {
  const { dataDir } = loadConfig(flags, env)
  const verdict = await offline(dataDir, (_zone, sqlite) => verifyJournal(sqlite))
  if (verdict.broken) {
    print(`The journal was changed at revision ${verdict.broken.revision}: ${verdict.broken.reason}`)
    process.exitCode = 2
  } else print(`The journal is whole: ${verdict.revisions} revisions, the last one ${verdict.hash}`)
}

/** Whether an appliance runs and has done it. */
async function running(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call()
    return true
  } catch (error) {
    if (error instanceof NotRunning) return false
    throw error
  }
}

type Opened = ReturnType<typeof openDatabase>

async function offline<T>(
  dataDir: string,
  act: (zone: ReturnType<typeof createLocalZone>, sqlite: Opened['sqlite']) => Promise<T>,
): Promise<T> {
  const path = join(dataDir, 'nacelle.db')
  if (!existsSync(path))
    throw new AppError('not_found', `there is no appliance in ${dataDir}: name its --data-dir`)
  const database = openDatabase(path, { nativeBinding: loadSqliteBinding() })
  try {
    migrate(database.sqlite)
    return await act(createLocalZone({ sqlite: database.sqlite, db: database.db }), database.sqlite)
  } finally {
    database.close()
  }
}

interface TaskLine {
  id: string
  state: string
  progress: number
  title: string
  step: string | null
  error: { message: string; command?: string; stderr?: string } | null
  events?: { step: string; event: string; time: string }[]
}

export async function taskList(flags: Flags & { all?: boolean; json?: boolean }, env: Env): Promise<void> {
  const { dataDir } = loadConfig(flags, env)
  const query = flags.all ? '?limit=100' : '?live=true&limit=100'
  const { tasks } = (await localCall(dataDir, 'GET', `/tasks/${query}`)) as { tasks: TaskLine[] }
  if (flags.json) return print(JSON.stringify(tasks, null, 2))
  if (tasks.length === 0) return print(flags.all ? 'There are no tasks.' : 'No task is running.')
  for (const task of tasks) print(lineOf(task))
}

const lineOf = ({ id, state, progress, title, step, error }: TaskLine): string =>
  `${id}  ${state.padEnd(10)} ${String(progress).padStart(3)} %  ${title}${step ? ` · ${step}` : ''}${error ? ` · ${error.message}` : ''}`

export type TaskVerb = 'show' | 'cancel' | 'retry' | 'skip' | 'abandon'

export async function taskCommand(flags: Flags, env: Env, verb: TaskVerb, id: string): Promise<void> {
  const { dataDir } = loadConfig(flags, env)
  const path = `/tasks/${encodeURIComponent(id)}`
  if (verb === 'cancel') await localCall(dataDir, 'DELETE', path)
  else if (verb !== 'show') await localCall(dataDir, 'POST', `${path}/${verb}`)
  const task = (await localCall(dataDir, 'GET', path)) as TaskLine
  print(lineOf(task))
  if (task.error?.command) print(`  command: ${task.error.command}`)
  if (task.error?.stderr) print(`  it said: ${task.error.stderr.replaceAll('\n', '\n    ')}`)
  for (const event of task.events ?? []) print(`  ${event.time}  ${event.step}: ${event.event}`)
}
