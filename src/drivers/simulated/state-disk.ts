import type { StateDisk } from '../../core/state-disk/state-disk.ts'

/** A disk with a reserve on it; tests set `usedBytes`, by others than the reserve. */
export class SimulatedStateDisk implements StateDisk {
  readonly directory = '/var/lib/nacelle'
  totalBytes = 2 ** 34
  usedBytes = 0
  #heldBytes = 0

  async space() {
    return { totalBytes: this.totalBytes, freeBytes: this.#free() }
  }

  async held(): Promise<number> {
    return this.#heldBytes
  }

  async hold(bytes: number): Promise<void> {
    if (this.#free() + this.#heldBytes < bytes) throw new Error('no space left on device')
    this.#heldBytes = bytes
  }

  release(): boolean {
    const was = this.#heldBytes > 0
    this.#heldBytes = 0
    return was
  }

  #free = (): number => Math.max(0, this.totalBytes - this.usedBytes - this.#heldBytes)
}
