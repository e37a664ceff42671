import { randomUUID } from 'node:crypto'
import { asc, eq } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import { type ChangePlan, commitPlanned } from '../change-plan.ts'
import type { OperationContext } from '../context.ts'
import { AppError, notFound } from '../errors.ts'
import { virtioHardware } from '../guests/hardware.ts'
import { requirePermission } from '../identity/permissions.ts'
import { factoryTemplates } from './factory.ts'
import { checkTemplate } from './rules.ts'
import type { Template, TemplateRequest } from './template.ts'

export interface Templates {
  /** By name. */
  list(op: OperationContext): Template[]
  /** Throws `not_found`. */
  get(op: OperationContext, id: string): Template
  create(
    op: OperationContext,
    request: TemplateRequest & { name: string },
  ): Promise<ChangePlan & { id: string }>
  /** What is left out stays. Guests keep the devices that they were made with. */
  modify(op: OperationContext, id: string, request: TemplateRequest): Promise<ChangePlan>
  /** Refused while guests name it. */
  remove(op: OperationContext, id: string): Promise<ChangePlan>
}

/** Profiles of guest systems: which devices and firmware a new guest gets. */
export function createTemplates({ zone, now }: { zone: Zone; now(): number }): Templates {
  return {
    list(op) {
      requirePermission(op, 'compute.read')
      return all(zone)
    },
    get(op, id) {
      requirePermission(op, 'compute.read')
      return read(zone, id)
    },
    async create(op, request) {
      requirePermission(op, 'compute.write')
      const id = randomUUID()
      const after = { ...merge(blank(id, now()), request), createdAt: now(), modifiedAt: now() }
      checkTemplate(after)
      const plan = await commitPlanned(zone, op, {
        action: `template.create ${after.name}`,
        effect: `make the template '${after.name}'`,
        changes: [{ table: 'template', key: id, before: null, after }],
      })
      return { ...plan, id }
    },
    modify(op, id, request) {
      requirePermission(op, 'compute.write')
      const { version, ...row } = read(zone, id)
      const after = { ...merge(row, request), modifiedAt: now() }
      checkTemplate(after)
      return commitPlanned(zone, op, {
        action: `template.modify ${row.name}`,
        effect: `change the template '${row.name}'`,
        changes: [{ table: 'template', key: id, before: version, after }],
      })
    },
    async remove(op, id) {
      requirePermission(op, 'compute.write')
      const template = read(zone, id)
      checkUnused(zone, template)
      return commitPlanned(zone, op, {
        action: `template.remove ${template.name}`,
        effect: `delete the template '${template.name}'`,
        changes: [{ table: 'template', key: id, before: template.version, after: null }],
      })
    },
  }
}

type TemplateValues = Omit<Template, 'version'>

const blank = (id: string, createdAt: number): TemplateValues => ({
  id,
  name: '',
  admin: 'root',
  system: 'linux',
  systemVersions: [],
  firmware: 'bios',
  hardware: virtioHardware,
  createdAt,
  modifiedAt: createdAt,
})

function merge(row: TemplateValues, { hardware, systemVersions, ...rest }: TemplateRequest): TemplateValues {
  const given = Object.entries(rest).filter(([, value]) => value !== undefined)
  return {
    ...row,
    ...Object.fromEntries(given),
    systemVersions: systemVersions ? [...new Set(systemVersions)] : row.systemVersions,
    hardware: { ...row.hardware, ...hardware },
  }
}

const all = (zone: Zone): Template[] =>
  zone.db.select().from(schema.template).orderBy(asc(schema.template.name)).all()

function read(zone: Zone, id: string): Template {
  const template = zone.db.select().from(schema.template).where(eq(schema.template.id, id)).get()
  if (!template) throw notFound('template', id)
  return template
}

function checkUnused(zone: Zone, template: Template): void {
  const { guest } = schema
  const users = zone.db
    .select({ name: guest.name, group: guest.group })
    .from(guest)
    .where(eq(guest.template, template.id))
    .limit(4)
    .all()
  if (users.length === 0) return
  const named = users.slice(0, 3).map((user) => `${user.group}.${user.name}`)
  const more = users.length > 3 ? ' and more' : ''
  throw new AppError(
    'conflict',
    `template '${template.name}' is still the template of guest ${named.join(', ')}${more}`,
  )
}

/**
 * The template that a creation means: by id or name, or by one of the system versions that templates list. Throws
 * `not_found` for an id or name that is not there; an unknown system version is the caller's own word and means none.
 */
export function findTemplate(
  zone: Zone,
  wanted: { template?: string; system: string; systemVersion: string },
): Template | undefined {
  const templates = all(zone)
  if (wanted.template) {
    const found =
      templates.find(({ id }) => id === wanted.template) ??
      templates.find(({ name }) => name === wanted.template)
    if (!found)
      throw new AppError('not_found', `there is no template '${wanted.template}'`, { field: 'template' })
    return found
  }
  const version = wanted.systemVersion.toLowerCase()
  return templates.find(
    ({ system, systemVersions }) =>
      (wanted.system === '' || system === wanted.system) &&
      systemVersions.some((known) => known.toLowerCase() === version),
  )
}

/** Whose password is meant where nobody is named. */
export function usualAdmin(zone: Zone, guest: { template: string | null; system: string }): string {
  const { template } = schema
  const row = guest.template
    ? zone.db.select({ admin: template.admin }).from(template).where(eq(template.id, guest.template)).get()
    : undefined
  return row?.admin ?? (guest.system === 'windows' ? 'Administrator' : 'root')
}

/** At the first start. Repeatable; what an operator changed or deleted later stays so. */
export async function ensureFactoryTemplates(zone: Zone, now = Date.now()): Promise<void> {
  if (all(zone).length > 0) return
  await zone.commit(
    { who: 'system', requestId: 'start', action: 'template.create factory' },
    factoryTemplates.map((template) => ({
      table: 'template' as const,
      key: template.id,
      before: null,
      after: { admin: 'root', ...template, createdAt: now, modifiedAt: now },
    })),
  )
}
