import * as v from 'valibot'
import type { Ledger } from '../../core/ledger/ledger.ts'
import type { LedgerEntry } from '../../core/ledger/volume.ts'
import { type Operation, operation } from '../operation.ts'
import { changed } from './changed.ts'
import { timeText } from './guest-wire.ts'
import { text } from './identity-schemas.ts'

const tag = 'Storage ledger'
const path = '/storage_pools/:pool/volumes'
const params = v.object({ pool: text('Name of the pool.') })
const volumeParams = v.object({ ...params.entries, volume: text('Name of the volume on the pool.') })

const statuses = ['owned', 'creating', 'unowned', 'missing', 'quarantined', 'partial'] as const

const entryReply = v.pipe(
  v.object({
    name: v.string(),
    status: v.picklist(statuses),
    since: v.pipe(
      v.string(),
      v.description('Since when it is so, or this run of the appliance has seen it so.'),
    ),
    kind: v.string(),
    format: v.string(),
    owner_kind: v.string(),
    owner: v.pipe(v.string(), v.description('Id of the guest, image or snapshot.')),
    owner_name: v.string(),
    size: v.pipe(v.number(), v.description('Bytes as a guest sees them; 0 when nothing is recorded.')),
    stored: v.pipe(v.number(), v.description('Bytes that it takes on the pool.')),
  }),
  v.metadata({ ref: 'LedgerEntry' }),
)

const rendered = ({ name, status, since, volume, stored, ownerName }: LedgerEntry) => ({
  name,
  status,
  since: timeText(since),
  kind: volume?.kind ?? '',
  format: volume?.format ?? '',
  owner_kind: volume?.ownerKind ?? 'none',
  owner: volume?.owner ?? '',
  owner_name: ownerName,
  size: volume?.sizeBytes ?? 0,
  stored: stored?.allocatedBytes ?? 0,
})

const actions = {
  quarantine: 'Move a volume that belongs to nobody into quarantine',
  undelete: 'Bring a volume back from quarantine',
  purge: 'Remove a volume in quarantine for good',
  adopt: 'Record a volume that lies on the pool unowned',
} as const

/** What lies on a pool, and whose it is. */
export const ledgerOperations = ({ ledger }: { ledger: Ledger }): Operation[] => [
  operation({
    id: 'volume.list',
    method: 'GET',
    path,
    summary: 'Every volume of a pool: owned, unowned, missing, in quarantine',
    tag,
    params,
    query: v.object({ status: v.optional(v.pipe(v.picklist(statuses), v.description('Only these.'))) }),
    reply: v.array(entryReply),
    access: 'storage.read',
    async handle(op, { params: { pool }, query }) {
      const entries = await ledger.list(op, pool)
      const wanted = query.status ? entries.filter((entry) => entry.status === query.status) : entries
      return { data: wanted.map(rendered) }
    },
  }),
  ...(Object.keys(actions) as (keyof typeof actions)[]).map((action) =>
    operation({
      id: `volume.${action}`,
      method: 'POST',
      path: `${path}/:volume/${action}`,
      summary: actions[action],
      tag,
      params: volumeParams,
      access: 'storage.write',
      handle: async (op, { params: { pool, volume } }) => changed(op, await ledger[action](op, pool, volume)),
    }),
  ),
]
