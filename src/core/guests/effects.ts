// Effects on guests as dry runs show them: the exact commands, what they take and whom they touch.
import type { Effect } from '../../tasks/saga.ts'
import { effectOf, storeEffect } from '../effects.ts'
import { hostEntry } from './address.ts'
import type { GuestDeps } from './deps.ts'
import type { Guest, Volume } from './guest.ts'
import { thinBytes } from './make-disk.ts'
import { findVolume, readGuest, readVolume } from './record.ts'
import { cardOf } from './spec.ts'

type Row = Omit<Guest, 'version'>
type NewVolume = Omit<Volume, 'version'>

/** Makes or replaces the definition; `values` are those that the guest will have by then. */
export const defineEffect = (
  { hypervisor, zone }: GuestDeps,
  effect: string,
  { id, values = {} }: { id: string; values?: Partial<Guest> },
): Effect =>
  effectOf(effect, () => ({
    commands: hypervisor.commands.define(cardOf(zone, { ...readGuest(zone, id), ...values })),
  }))

/** A start of a guest that is in the record. */
export const startEffect = ({ hypervisor, zone }: GuestDeps, effect: string, id: string): Effect =>
  effectOf(`${effect}; it is defined first only where its definition has changed`, () => ({
    commands: hypervisor.commands.start(cardOf(zone, readGuest(zone, id)), 'changed'),
  }))

/** Ends the instance at once. */
export const destroyEffect = (deps: GuestDeps, id: string): Effect => ({
  effect: 'end the instance if it runs',
  commands: deps.hypervisor.commands.destroy(id),
  ...touching(deps, id, 'it is cut off, and what it has not written is lost'),
})

/** `affects` where the guest runs now. */
export function touching({ live, zone }: GuestDeps, id: string, how: string): Pick<Effect, 'affects'> {
  if (!live.running(id)) return {}
  const { group, name } = readGuest(zone, id)
  return { affects: [`running guest ${group}.${name}: ${how}`] }
}

/** The entry in the DHCP server, as the record of the guest will be. */
export const addressEffect = ({ zone, network }: GuestDeps, effect: string, row: () => Row): Effect =>
  effectOf(effect, () => {
    const entry = hostEntry(zone, row())
    return entry ? { commands: network.describeNetwork({ kind: 'add-host', ...entry }) } : {}
  })

/** The same, taken away. */
export const withdrawAddressEffect = ({ zone, network }: GuestDeps, effect: string, id: string): Effect =>
  effectOf(effect, () => {
    const entry = hostEntry(zone, readGuest(zone, id))
    if (!entry) return {}
    const change = { kind: 'remove-host', network: entry.network, mac: entry.host.mac } as const
    return { commands: network.describeNetwork(change) }
  })

/** A new disk, as `makeDisk` makes it. `copy` is the volume that its image is brought to first, where it is. */
export function diskEffect(
  deps: Pick<GuestDeps, 'zone' | 'store'>,
  effect: string,
  { disk, copy }: { disk: NewVolume; copy?: NewVolume | null | undefined },
): Effect {
  const { pool, name, sizeBytes, format } = disk
  const store = () => deps.store(pool)
  return storeEffect(effect, store, (commands) => {
    const { thinClone } = store().capabilities
    const space = { pool, bytes: thinClone ? thinBytes : sizeBytes }
    if (!disk.parent) return { ...commands.create(name, { sizeBytes, format }), space }
    const parent = copy?.id === disk.parent ? copy : readVolume(deps.zone, disk.parent)
    if (thinClone) return { ...commands.clone(name, { parent: parent.name, sizeBytes }), space }
    const source = deps.store(parent.pool).commands?.location(parent.name)
    return source ? { ...commands.copy(name, { source, format, sizeBytes }), space } : { commands: [], space }
  })
}

/** A full copy of a volume, e.g. of an image onto another pool. */
export const copyEffect = (
  deps: Pick<GuestDeps, 'store' | 'zone'>,
  effect: string,
  {
    from,
    snapshot,
    to,
  }: { from: () => Pick<Volume, 'pool' | 'name' | 'sizeBytes'>; snapshot?: string; to: NewVolume },
): Effect =>
  storeEffect(
    effect,
    () => deps.store(to.pool),
    (commands) => {
      const { pool, name, sizeBytes } = from()
      const source = deps.store(pool).commands?.location(name, snapshot)
      const space = { pool: to.pool, bytes: Math.max(sizeBytes, to.sizeBytes) }
      if (!source) return { commands: [], space }
      return { ...commands.copy(to.name, { source, format: to.format, sizeBytes }), space }
    },
  )

/** An overlay on a layer that is frozen. */
export const overlayEffect = (
  deps: Pick<GuestDeps, 'zone' | 'store'>,
  {
    frozen,
    snapshot,
    overlay,
    sizeBytes,
  }: { frozen: string; snapshot?: string; overlay: NewVolume; sizeBytes: number },
): Effect =>
  storeEffect(
    `make overlay '${overlay.name}' on pool '${overlay.pool}'`,
    () => deps.store(overlay.pool),
    (commands) => {
      const parent = readVolume(deps.zone, frozen).name
      return commands.clone(overlay.name, { parent, ...(snapshot ? { snapshot } : {}), sizeBytes })
    },
  )

/** One for each volume that is in the record still; `otherwise` where none is. */
export function quarantineEffects(
  deps: Pick<GuestDeps, 'zone' | 'store'>,
  ids: readonly string[],
  otherwise: string,
): Effect[] {
  const volumes = ids.flatMap((id) => findVolume(deps.zone, id) ?? [])
  if (volumes.length === 0) return [{ effect: otherwise }]
  return volumes.map(({ pool, name }) =>
    storeEffect(
      `move '${name}' on pool '${pool}' into quarantine, from where it can be brought back`,
      () => deps.store(pool),
      (commands) => commands.quarantine(name),
    ),
  )
}
