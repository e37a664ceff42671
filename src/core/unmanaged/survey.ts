import { hasCode } from '../errors.ts'
import type { GuestDeps } from '../guests/deps.ts'
import { isRunning } from '../guests/live.ts'
import { targetOf } from '../guests/spec.ts'
import { isVolumeName } from '../volume-names.ts'
import type { FoundDomain } from './found-domain.ts'
import { type LaidDisk, layDisk, poolOf } from './lay-disks.ts'
import type { UnmanagedGuest } from './unmanaged.ts'

/** Everything that can be said of a domain without knowing whose it will be. Throws `not_found`. */
export async function survey(deps: GuestDeps, id: string): Promise<UnmanagedGuest> {
  const found = await deps.hypervisor.foreign.inspect(id)
  const laid: LaidDisk[] = []
  for (const disk of found.disks) laid.push(await layDisk(deps, disk))
  const refusals = [
    ...found.obstacles,
    ...laid.flatMap(({ refusal }) => refusal ?? []),
    ...severalPools(laid),
    ...whileRunning(deps, found),
  ]
  return { ...found, laid, refusals, changes: [...found.changes, ...filteredLater(found)] }
}

/** libvirt binds a filter to a card when it is made. */
const filteredLater = ({ state, cards }: FoundDomain): string[] =>
  isRunning(state) && cards.length > 0
    ? ['its card is held to its address and its security policy (until then to neither)']
    : []

function severalPools(laid: readonly LaidDisk[]): string[] {
  const pools = [...new Set(laid.flatMap(({ pool }) => pool ?? []))]
  return pools.length > 1
    ? [`its disks lie on several storage pools, ${pools.join(', ')}: move them onto one`]
    : []
}

/** What can be put right only while it stands still. */
function whileRunning(deps: GuestDeps, found: FoundDomain): string[] {
  if (!isRunning(found.state)) return []
  const misnamed = found.disks.flatMap(({ target }, index) => {
    const ours = targetOf(found, index)
    return target === ours
      ? []
      : [`it runs with a disk ${target}, which a guest has as ${ours}: stop it first`]
  })
  const copied = found.nvramPath !== null && nvramPlace(deps, found.nvramPath) === undefined
  return copied
    ? [
        ...misnamed,
        `its UEFI variables '${found.nvramPath}' lie on no storage pool and are copied: stop it first`,
      ]
    : misnamed
}

/** Pool and name of UEFI variables that lie on a pool already. */
export function nvramPlace(deps: GuestDeps, path: string): { pool: string; name: string } | undefined {
  const name = path.split('/').at(-1) ?? ''
  if (!isVolumeName(name) || name.endsWith('.qcow2')) return undefined
  try {
    const pool = poolOf(deps, path, name)
    return pool === undefined ? undefined : { pool, name }
  } catch (error) {
    if (hasCode(error, 'unavailable')) return undefined
    throw error
  }
}
