import type { Adjustable, DomainSpec, LiveSnapshotRequest } from './hypervisor.ts'

/** A guest as far as the commands of its definition depend on it: its card has a filter that is defined first. */
export type DomainCard = Pick<DomainSpec, 'id' | 'network'>

/** What the disk's layers are called where the host finds them. */
export interface LayerPaths {
  topPath: string
  basePath: string
}

/**
 * What the calls of a hypervisor would run, as argument arrays, for dry runs: the words are those that the calls
 * themselves pass. Nothing is asked of the host, so what only it can tell is left to the caller to say. XML stands on file
 * descriptor 3 (`/dev/fd/3`), secrets are shown as `***`, and what merely reads is left out.
 */
export interface HypervisorCommands {
  define(card: DomainCard): string[][]
  /** `absent`: made and started in one call. `changed`: defined anew first. `known`: libvirt has this definition already. */
  start(card: DomainCard, definition: 'absent' | 'changed' | 'known'): string[][]
  restore(card: DomainCard, memoryPath: string): string[][]
  undefine(id: string, options?: { again: boolean }): string[][]
  destroy(id: string): string[][]
  /** By the agent where it answers, else by ACPI. */
  shutdown(id: string, mode: 'agent' | 'acpi'): string[][]
  reboot(id: string, mode: 'agent' | 'acpi'): string[][]
  reset(id: string): string[][]
  pause(id: string): string[][]
  resume(id: string): string[][]
  changeMedia(id: string): string[][]
  resizeDisk(id: string, target: string, sizeBytes: number): string[][]
  /** Of a domain that has to change in this respect. */
  adjust(spec: DomainSpec, what: Adjustable): string[][]
  /** They go through virsh's standard input, so that no password is an argument; shown in one piece. */
  setPassword(id: string, user: string): string[][]
  freeze(id: string): string[][]
  thaw(id: string): string[][]
  trim(id: string): string[][]
  createSnapshot(id: string, request: Omit<LiveSnapshotRequest, 'disks'>): string[][]
  saveMemory(id: string): string[][]
  pull(id: string, target: string, basePath: string | null): string[][]
  /** `active`: the guest writes to the top layer, and goes over to the base at the end. */
  commit(id: string, target: string, layers: LayerPaths & { active: boolean }): string[][]
}
