import { randomUUID } from 'node:crypto'
import type { NewVolume, Volume } from '../ledger/volume.ts'

const shapes = {
  nvram: { extension: 'fd', format: 'raw' },
  seed: { extension: 'iso', format: 'raw' },
  memory: { extension: 'save', format: 'raw' },
} as const

type Format = 'qcow2' | 'raw'

interface GuestVolume {
  guest: string
  pool: string
  kind: 'disk' | keyof typeof shapes
  /** Of a disk: what its pool makes; qcow2 unless said. */
  format?: Format
  sizeBytes?: number
  parent?: Volume['parent']
  createdAt: number
}

/** The row of a volume that a guest will have; its id and name are chosen here, once, before anything is made. */
export function newGuestVolume(volume: GuestVolume): NewVolume {
  const { guest, pool, kind, sizeBytes, parent, createdAt } = volume
  const id = randomUUID()
  const disk = volume.format ?? 'qcow2'
  const { extension, format } = kind === 'disk' ? { extension: disk, format: disk } : shapes[kind]
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
