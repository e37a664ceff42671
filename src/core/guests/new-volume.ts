import { randomUUID } from 'node:crypto'
import type { NewVolume, Volume } from '../ledger/volume.ts'

const shapes = {
  disk: { extension: 'qcow2', format: 'qcow2' },
  nvram: { extension: 'fd', format: 'raw' },
  seed: { extension: 'iso', format: 'raw' },
  memory: { extension: 'save', format: 'raw' },
} as const

interface GuestVolume {
  guest: string
  pool: string
  kind: keyof typeof shapes
  sizeBytes?: number
  parent?: Volume['parent']
  createdAt: number
}

/** The row of a volume that a guest will have; its id and name are chosen here, once, before anything is made. */
export function newGuestVolume({ guest, pool, kind, sizeBytes, parent, createdAt }: GuestVolume): NewVolume {
  const id = randomUUID()
  const { extension, format } = shapes[kind]
  return {
    id,
    pool,
    name: `${kind}-${id}.${extension}`,
    kind,
    state: 'creating',
    ownerKind: 'guest',
    owner: guest,
    format,
    sizeBytes: sizeBytes ?? 0,
    parent: parent ?? null,
    hidden: false,
    quarantinedAt: null,
    createdAt,
  }
}
