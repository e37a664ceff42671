import { randomUUID } from 'node:crypto'
import type { OperationContext } from '../context.ts'
import { AppError, invalid } from '../errors.ts'
import { freeAddresses } from '../guests/address.ts'
import { createLocks } from '../guests/create.ts'
import type { GuestDeps } from '../guests/deps.ts'
import { checkNameFree } from '../guests/names.ts'
import { planGuest, planSpace } from '../guests/plan.ts'
import { checkName, domainNameOf } from '../guests/rules.ts'
import { sizeOf } from '../guests/size.ts'
import { checkQuota } from '../identity/quotas.ts'
import type { BatchItem } from './batch.ts'
import type { BatchCreateRequest } from './batches.ts'

/** By number from 0, by the card's MAC, or by the address that the guest is given. */
export type NameRule = 'order' | 'MAC' | 'address'

/** Everything is chosen here, once, so that a repeat after a crash makes the same guests. */
export async function planBatchCreate(
  deps: GuestDeps,
  op: OperationContext,
  request: BatchCreateRequest,
): Promise<BatchItem[]> {
  checkPrefix(request)
  const asked = { ...request.guest, name: provisionalName(request) }
  // The request itself is looked at first: its errors are plainer than those of what follows from it.
  const first = await planGuest(deps, op, asked)
  const { guest } = first
  const each = sizeOf(guest)
  checkQuota(deps.zone.db, {
    group: guest.group,
    more: {
      cores: each.cores * request.count,
      memoryBytes: each.memoryBytes * request.count,
      diskBytes: each.diskBytes * request.count,
      guests: request.count,
    },
    fields: { guests: 'count', cores: 'count', memoryBytes: 'count', diskBytes: 'count' },
  })
  const space = await planSpace(deps, op, asked, request.count)
  const addresses = addressesFor(deps, first.guest.addressPool, request)
  const items: BatchItem[] = []
  for (let index = 0; index < request.count; index++) {
    const address = addresses?.[index]
    const one = { ...request.guest, name: provisionalName(request, index) }
    const plan = await planGuest(deps, op, address ? { ...one, networkAddress: address } : one, space)
    const name = nameOf(request, { index, mac: plan.guest.mac, address })
    checkName(name, plan.guest.group)
    checkNameFree(deps, plan.guest.group, name)
    const params = { ...plan, guest: { ...plan.guest, name } }
    items.push({
      guest: plan.guest.id,
      name: domainNameOf(params.guest),
      start: {
        task: randomUUID(),
        kind: 'guest.create',
        params,
        locks: createLocks(params, request.guest.fromImage),
      },
    })
  }
  return items
}

function checkPrefix({ rule, prefix, guest }: BatchCreateRequest): void {
  if (rule === 'order' && prefix === '')
    throw invalid('name_prefix', "name_prefix is needed with the name rule 'order'")
  if (prefix !== '' && !/^[\p{L}\p{N}][\p{L}\p{N}\p{M}._-]{0,99}$/u.test(prefix))
    throw invalid(
      'name_prefix',
      "name_prefix must be at most 100 letters, digits, '.', '-' or '_' and begin with a letter or digit",
    )
  for (const [field, value] of [
    ['network_address', guest.networkAddress],
    ['ethernet_address', guest.ethernetAddress],
  ] as const)
    if (value !== undefined)
      throw invalid(field, `${field} cannot be asked for in a batch: it can be only one guest's`)
}

const joined = (prefix: string, rest: string) => (prefix === '' ? rest : `${prefix}_${rest}`)

function nameOf(
  { rule, prefix }: BatchCreateRequest,
  { index, mac, address }: { index: number; mac: string; address: string | undefined },
): string {
  if (rule === 'order') return joined(prefix, String(index))
  if (rule === 'MAC') return joined(prefix, mac.replaceAll(':', ''))
  return joined(prefix, address ?? String(index))
}

/** Under which the plan is checked before MAC and address are known. */
const provisionalName = (request: BatchCreateRequest, index = 0): string =>
  request.rule === 'order' ? nameOf(request, { index, mac: '', address: undefined }) : `b${randomUUID()}`

function addressesFor(
  deps: GuestDeps,
  pool: string | null,
  { rule, count }: BatchCreateRequest,
): string[] | undefined {
  if (pool === null) {
    if (rule === 'address')
      throw invalid(
        'name_rule',
        "the compute pool names no address pool, so the rule 'address' has nothing to go by",
      )
    return undefined
  }
  const free = freeAddresses(deps.zone, pool, count)
  if (free.length < count)
    throw new AppError(
      'insufficient_capacity',
      `the batch needs ${count} addresses, but address pool '${pool}' has only ${free.length} free`,
      { field: 'count' },
    )
  return rule === 'address' ? free : undefined
}
