import type { Tasks } from '../../tasks/saga.ts'
import type { Zone } from '../../zone/zone.ts'
import type { ImageInspector, VolumeStore } from '../volumes.ts'

/** What the image services and tasks stand on; wired once by main. */
export interface ImageDeps {
  zone: Zone
  tasks: Tasks
  inspector: ImageInspector
  store(pool: string): VolumeStore
  /** Where new images go. */
  imagePool(): string
  /** Makes room on a pool; throws `insufficient_capacity` with the figures. */
  ensureRoom(pool: string, bytes: number): Promise<void>
  now(): number
}
