import type { CloneRequest, VolumeLocation } from './volumes.ts'

/** What a call does: in words where it is done without a command, e.g. by renaming a file. */
export interface PlannedCall {
  words?: string
  commands: string[][]
}

/**
 * What the calls of a store would run, for dry runs: the words are those that the calls themselves pass. Nothing is asked of
 * the back end, and what merely reads is left out.
 */
export interface VolumeCommands {
  create(name: string, request: { sizeBytes: number; format: 'qcow2' | 'raw' }): PlannedCall
  clone(name: string, request: CloneRequest): PlannedCall
  /** `sizeBytes` of the source where the back end makes the target first. */
  copy(
    name: string,
    request: { source: VolumeLocation; format: 'qcow2' | 'raw'; sizeBytes: number },
  ): PlannedCall
  resize(name: string, sizeBytes: number): PlannedCall
  /** `parent` is the volume that this one's layer stands on. */
  compact(name: string, parent: string | null): PlannedCall
  quarantine(name: string): PlannedCall
  /** Where a copy would read it. */
  location(name: string, snapshot?: string): VolumeLocation
}
