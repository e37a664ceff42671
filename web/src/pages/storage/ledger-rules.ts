import type { Answer } from '../../api/client.ts'

export type Volume = Answer<'/storage_pools/{pool}/volumes', 'get'>[number]
export type VolumeStatus = Volume['status']
export type VolumeVerb = 'adopt' | 'quarantine' | 'undelete' | 'purge'

export const volumeStatuses: readonly VolumeStatus[] = [
  ...(['owned', 'creating', 'unowned', 'missing', 'quarantined', 'partial'] as const),
]
export const volumeVerbs: readonly VolumeVerb[] = ['adopt', 'quarantine', 'undelete', 'purge']

const needed: Readonly<Record<VolumeVerb, readonly VolumeStatus[]>> = {
  adopt: ['unowned'],
  // What is recorded and belongs to nobody can go too.
  quarantine: ['unowned', 'owned'],
  undelete: ['quarantined'],
  purge: ['quarantined'],
}

/** Why a verb does not fit a volume: a word of the pages; undefined where it fits. */
export function volumeRefusal(
  verb: VolumeVerb,
  { status, owner_kind }: Pick<Volume, 'status' | 'owner_kind'>,
) {
  if (verb === 'quarantine' && status === 'owned' && owner_kind !== 'none') return 'refusalOwned' as const
  if (needed[verb].includes(status)) return undefined
  if (verb === 'adopt') return 'refusalAdopt' as const
  return verb === 'quarantine' ? ('refusalQuarantine' as const) : ('refusalNotDeleted' as const)
}

export interface LedgerFilter {
  status?: string | undefined
  q?: string | undefined
}

/** What the ledger shows; what needs a person comes first, then by name. */
export function shownVolumes(volumes: readonly Volume[], { status, q = '' }: LedgerFilter): Volume[] {
  const word = q.toLowerCase()
  return volumes
    .filter((volume) => status === undefined || volume.status === status)
    .filter(({ name, owner_name }) => `${name} ${owner_name}`.toLowerCase().includes(word))
    .toSorted((a, b) => urgency(a) - urgency(b) || a.name.localeCompare(b.name))
}

const urgent: readonly VolumeStatus[] = ['missing', 'unowned', 'partial', 'quarantined', 'creating']
const urgency = ({ status }: Volume) => {
  const place = urgent.indexOf(status)
  return place < 0 ? urgent.length : place
}

/** The page of whom the volume belongs to. */
export function ownerPath({ owner, owner_kind, kind }: Pick<Volume, 'owner' | 'owner_kind' | 'kind'>) {
  const id = encodeURIComponent(owner)
  if (owner === '') return undefined
  if (owner_kind === 'guest') return `/instances/${id}/disks`
  if (owner_kind === 'image') return `/images/${kind === 'media' ? 'media' : 'disk'}/${id}`
  return undefined
}
