import { setTimeout as delay } from 'node:timers/promises'
import type { Zone } from '../../zone/zone.ts'
import type { Log } from '../context.ts'
import { AppError } from '../errors.ts'
import { findGuest } from '../guests/record.ts'
import type { Hypervisor } from '../hypervisor.ts'
import { createPace } from '../slices.ts'
import { isOpen, type RoutedPolicies, type TrafficFilter } from '../traffic-filters.ts'
import { policyOf, routedPolicies, wantedFilters } from './record.ts'

export interface EnforcerDeps {
  zone: Zone
  hypervisor: Pick<Hypervisor, 'filters' | 'state'>
  routed: RoutedPolicies
  /** Name of the cell that this appliance is. */
  cell: string
  log: Log
}

/** How long a change waits for the host before it is answered as not in force yet. */
const settleMs = 25_000

/**
 * Holds guests to what the record says. One after the other, and each reads the record when its turn comes: whatever
 * order changes are committed in, the last one is what holds.
 */
export class Enforcer {
  readonly #deps: EnforcerDeps
  #turn: Promise<unknown> = Promise.resolve()
  /** Guests that what is routed is held to a policy for. */
  #routed = new Set<string>()

  constructor(deps: EnforcerDeps) {
    this.#deps = deps
  }

  /**
   * After a commit; whether it is in force already. A host that is slow with it goes on alone. Throws `unavailable` when
   * the host cannot be told; then the next pass of `repair` tries again.
   */
  async enforce(ids: readonly string[]): Promise<boolean> {
    const work = this.#inTurn(() => this.#enforce(new Set(ids)))
    const late = delay(settleMs, 'late', { ref: false })
    try {
      return (await Promise.race([work, late])) !== 'late'
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new AppError(
        'unavailable',
        `the change is recorded, but the host does not hold to it yet: ${reason}; it is tried again within a minute`,
        { cause: error },
      )
    } finally {
      work.catch((err: unknown) =>
        this.#deps.log.warn({ err, guests: ids }, 'a security policy is recorded but not in force yet'),
      )
    }
  }

  /** One look at all guests of this cell. */
  repair(): Promise<{ repaired: string[]; findings: string[] }> {
    return this.#inTurn(() => this.#repair())
  }

  /** When a guest has come or gone: its card's filter comes and goes with its domain. */
  async follow(change: { key: string; after: Record<string, unknown> | null }): Promise<void> {
    const concerns =
      change.after === null ? this.#routed.has(change.key) : change.after['securityPolicyGroup'] !== null
    if (!concerns) return
    const { zone, cell } = this.#deps
    await this.#inTurn(async () => this.#route(await wantedFilters(zone.db, cell)))
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async #enforce(ids: ReadonlySet<string>): Promise<void> {
    const { zone, hypervisor, cell } = this.#deps
    const wanted = await wantedFilters(zone.db, cell)
    await this.#route(wanted)
    for (const filter of wanted) if (ids.has(filter.id)) await hypervisor.filters.apply(filter)
  }

  async #route(wanted: readonly TrafficFilter[]): Promise<boolean> {
    const { routed } = this.#deps
    const policies = routedPolicies(wanted).filter(({ policy }) => !isOpen(policy))
    this.#routed = new Set(policies.map(({ id }) => id))
    if (await routed.intact(policies)) return false
    await routed.apply(policies)
    return true
  }

  async #repair(): Promise<{ repaired: string[]; findings: string[] }> {
    const { zone, hypervisor, cell } = this.#deps
    const { filters } = hypervisor
    const wanted = await wantedFilters(zone.db, cell)
    const repaired = (await this.#route(wanted)) ? ['put the policies of routed traffic in place'] : []
    const found = await filters.compare(wanted)
    const [differing, notInForce] = [new Set(found.differing), new Set(found.notInForce)]
    const due = createPace()
    for (const filter of wanted) {
      if (!differing.has(filter.id) && !notInForce.has(filter.id)) continue
      await due()
      // The record may have moved on while the ones before were put right.
      const now = findGuest(zone, filter.id)
      if (!now) continue
      const current = { ...filter, address: now.address, policy: policyOf(zone.db, now) }
      if (differing.has(filter.id)) {
        await filters.apply(current)
        repaired.push(`made the filter of guest '${now.name}' as the record says`)
      } else {
        await filters.reinstate(current)
        repaired.push(`put the filter of guest '${now.name}' in force again`)
      }
    }
    await this.#removeOrphans(found.orphaned, repaired)
    return { repaired, findings: [] }
  }

  /** A domain that outlived its guest is for the reconciler of domains; its filter goes when it has gone. */
  async #removeOrphans(ids: readonly string[], repaired: string[]): Promise<void> {
    const { zone, hypervisor } = this.#deps
    for (const id of ids) {
      if (findGuest(zone, id)) continue
      if ((await hypervisor.state(id)) !== 'absent') continue
      await hypervisor.filters.remove(id)
      repaired.push(`removed the filter of guest '${id}', which is gone`)
    }
  }
}
