// Kills the appliance at an exact point of a task, by way of its own database: no hook in the program is needed.
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import type { Appliance } from './harness.ts'

export interface Cut {
  kind: string
  step: string
  /**
   * `during`: the step is journalled as begun, its effect is under way. `after`: its effect is there, but what says so is
   * not written.
   */
  when: 'during' | 'after'
  /** For `during`: how long the step has been at it, in milliseconds. */
  delayMs?: number
}

export const nameOf = ({ kind, step, when }: Cut) => `${kind}: ${when} ${step}`

/** Steps that do nothing but commit rows: a kill during one must come in the middle of the commit. */
const commitOnly = new Set(['reserve', 'record', 'finish', 'forget', 'forget snapshots'])

export const openState = (dataDir: string, options: Sqlite.Options = {}) =>
  new Sqlite(join(dataDir, 'nacelle.db'), { timeout: 5000, ...options })

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`

const isTask = (task: string, kind: string) => `(SELECT kind FROM task WHERE id = ${task}) = ${literal(kind)}`

/** A row is refused, so that the task stands still and says so in the log. */
const refusal = ({ kind, step }: Cut) => `
  CREATE TRIGGER test_cut BEFORE INSERT ON task_event
  WHEN NEW.step = ${literal(step)} AND NEW.event = 'succeeded' AND ${isTask('NEW.task_id', kind)}
  BEGIN SELECT RAISE(ABORT, 'cut by the test'); END;`

/** A commit within the step takes for ever. */
const stall = ({ kind, step }: Cut) => `
  CREATE VIEW test_stall AS
    WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < 200000000) SELECT max(n) AS n FROM count;
  CREATE TRIGGER test_cut BEFORE INSERT ON revision
  WHEN EXISTS (SELECT 1 FROM task WHERE kind = ${literal(kind)} AND step = ${literal(step)} AND state = 'running')
  BEGIN SELECT n FROM test_stall; END;`

const disarm = 'DROP TRIGGER IF EXISTS test_cut; DROP VIEW IF EXISTS test_stall;'

export interface Killed {
  /** The task's last entries in the journal, e.g. `disks started`; empty where it left no trace. */
  journal: string
  task: string | undefined
}

/** Does `act` and kills the appliance at the cut, or ends it as told. The appliance is down afterwards. */
export async function killAt(
  appliance: Appliance,
  cut: Cut,
  act: () => Promise<unknown>,
  end: () => Promise<unknown> = () => appliance.kill9(),
): Promise<Killed> {
  const db = openState(appliance.dataDir)
  try {
    const known = db.prepare('SELECT coalesce(max(rowid), 0) AS last FROM task').get() as { last: number }
    const stands = commitOnly.has(cut.step)
    if (cut.when === 'after') db.exec(refusal(cut))
    else if (stands) db.exec(stall(cut))
    const logged = appliance.logs.length
    const answered = act().catch(() => undefined)
    if (cut.when === 'after')
      await until(cut, () => appliance.logs.includes('journal could not be written', logged))
    else await until(cut, () => hasBegun(db, cut, known.last))
    if (cut.when === 'during') await delay(stands ? 5 : (cut.delayMs ?? 0))
    await end()
    await answered
    db.exec(disarm)
    return lastEntry(db, known.last)
  } finally {
    db.close()
  }
}

async function until(cut: Cut, isReached: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000
  while (!isReached()) {
    if (performance.now() > deadline) throw new Error(`${nameOf(cut)} was never reached`)
    await delay(1)
  }
}

const hasBegun = (db: Sqlite.Database, { kind, step }: Cut, last: number): boolean =>
  db
    .prepare(
      `SELECT 1 FROM task_event JOIN task ON task.id = task_id
       WHERE task.rowid > ? AND kind = ? AND task_event.step = ? AND event = 'started'`,
    )
    .get(last, kind, step) !== undefined

function lastEntry(db: Sqlite.Database, last: number): Killed {
  const row = db
    .prepare(
      `SELECT task_id AS task, task_event.step || ' ' || event AS journal FROM task_event JOIN task ON task.id = task_id
       WHERE task.rowid > ? ORDER BY task.rowid DESC, seq DESC LIMIT 1`,
    )
    .get(last) as Killed | undefined
  return row ?? { journal: '', task: undefined }
}

/** As if a person had asked for it in the moment before the appliance was killed. */
export function cancelAll({ dataDir }: Appliance, kind: string): void {
  const db = openState(dataDir)
  try {
    db.prepare("UPDATE task SET cancel_requested = 1 WHERE kind = ? AND state = 'running'").run(kind)
  } finally {
    db.close()
  }
}
