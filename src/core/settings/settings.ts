import * as v from 'valibot'
import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import { type ChangePlan, commitPlanned } from '../change-plan.ts'
import type { Log, OperationContext } from '../context.ts'
import { invalid, notFound } from '../errors.ts'
import { requirePermission } from '../identity/permissions.ts'
import { isSettingName, type SettingName, type SettingValue, settingDefinitions } from './registry.ts'

export interface SettingView {
  name: SettingName
  value: unknown
  default: unknown
  description: string
  unit: string | null
  /** 0 while it has its default. */
  version: number
}

export interface Settings {
  /** From memory; without a permission, for the appliance itself. */
  get<N extends SettingName>(name: N): SettingValue<N>
  list(op: OperationContext): SettingView[]
  /** Throws `not_found` for a name that does not exist. */
  read(op: OperationContext, name: string): SettingView
  /** Throws `invalid` (field `value`). */
  set(op: OperationContext, name: string, value: unknown): Promise<ChangePlan>
  /** Back to the default. */
  reset(op: OperationContext, name: string): Promise<ChangePlan>
}

interface Stored {
  value: unknown
  version: number
}

export function createSettings({ zone, log }: { zone: Zone; log?: Log }): Settings {
  const stored = new Map<string, Stored>()
  const load = () => {
    stored.clear()
    for (const { name, value, version } of zone.db.select().from(schema.setting).all())
      if (isUsable(name, value)) stored.set(name, { value, version })
      else
        log?.warn({ setting: name }, 'a stored setting is not one that this program takes: its default holds')
  }
  load()
  zone.subscribe((event) => {
    if (event.changes.some((change) => change.table === 'setting')) load()
  })
  const view = (name: SettingName): SettingView => ({
    name,
    value: stored.get(name)?.value ?? settingDefinitions[name].default,
    default: settingDefinitions[name].default,
    description: settingDefinitions[name].description,
    unit: (settingDefinitions[name] as { unit?: string }).unit ?? null,
    version: stored.get(name)?.version ?? 0,
  })
  return {
    get: <N extends SettingName>(name: N) => view(name).value as SettingValue<N>,
    list(op) {
      requirePermission(op, 'setting.read')
      return (Object.keys(settingDefinitions) as SettingName[]).map(view)
    },
    read(op, name) {
      requirePermission(op, 'setting.read')
      return view(known(name))
    },
    set: (op, name, value) => set(zone, op, { name, value }),
    reset: (op, name) => reset(zone, op, name),
  }
}

const isUsable = (name: string, value: unknown) =>
  isSettingName(name) && v.safeParse(settingDefinitions[name].schema, value).success

function known(name: string): SettingName {
  if (isSettingName(name)) return name
  throw notFound('setting', name)
}

/** From the database and not from memory: a version that another process wrote is seen too. */
const rowOf = (zone: Zone, name: string) =>
  zone.db
    .select()
    .from(schema.setting)
    .all()
    .find((row) => row.name === name)

async function set(
  zone: Zone,
  op: OperationContext,
  { name, value }: { name: string; value: unknown },
): Promise<ChangePlan> {
  requirePermission(op, 'setting.write')
  const definition = settingDefinitions[known(name)]
  const parsed = v.safeParse(definition.schema as v.GenericSchema, value)
  if (!parsed.success) throw invalid('value', `${name} ${problemOf(parsed.issues[0])}`)
  return commitPlanned(zone, op, {
    action: `setting.set ${name}`,
    effect: `set ${name} to ${JSON.stringify(parsed.output)}`,
    changes: [
      {
        table: 'setting',
        key: name,
        before: rowOf(zone, name)?.version ?? null,
        after: { name, value: parsed.output },
      },
    ],
  })
}

const problemOf = (issue: v.BaseIssue<unknown>) =>
  issue.message.startsWith('must') ? issue.message : `must be of the type ${issue.expected}`

async function reset(zone: Zone, op: OperationContext, name: string): Promise<ChangePlan> {
  requirePermission(op, 'setting.write')
  const setting = known(name)
  const row = rowOf(zone, setting)
  const effect = `set ${name} to its default ${JSON.stringify(settingDefinitions[setting].default)}`
  if (!row) return { effects: [] }
  return commitPlanned(zone, op, {
    action: `setting.reset ${name}`,
    effect,
    changes: [{ table: 'setting', key: name, before: row.version, after: null }],
  })
}
