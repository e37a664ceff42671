import type { DomainState, Hypervisor } from '../hypervisor.ts'

/**
 * What runs now, as libvirt's events and the reconciler's look last said: lists of ten thousand guests ask memory, not
 * virsh. Our own actions set it at once.
 */
export class LiveGuests {
  private readonly states = new Map<string, { state: DomainState; since: number; reason?: string }>()
  private readonly listeners = new Set<(id: string, state: DomainState) => void>()
  private readonly hypervisor: Hypervisor
  private readonly now: () => number

  constructor(hypervisor: Hypervisor, now: () => number = Date.now) {
    this.hypervisor = hypervisor
    this.now = now
  }

  state(id: string): DomainState {
    return this.states.get(id)?.state ?? 'absent'
  }

  running(id: string): boolean {
    return isRunning(this.state(id))
  }

  runningIds(): string[] {
    return [...this.states].filter(([, { state }]) => isRunning(state)).map(([id]) => id)
  }

  pausedIds(): string[] {
    return [...this.states].filter(([, { state }]) => state === 'paused').map(([id]) => id)
  }

  since(id: string): number | null {
    return this.states.get(id)?.since ?? null
  }

  /** Why it is paused, where that has been looked at; else empty. */
  reason(id: string): string {
    return this.states.get(id)?.reason ?? ''
  }

  /** Holds until the state changes. */
  setReason(id: string, reason: string): void {
    const known = this.states.get(id)
    if (known) known.reason = reason
  }

  set(id: string, state: DomainState): void {
    if (this.states.get(id)?.state === state) return
    if (state === 'absent') this.states.delete(id)
    else this.states.set(id, { state, since: this.now() })
    for (const listener of this.listeners) listener(id, state)
  }

  /** One look at one domain; for what must be certain before an action. */
  async look(id: string): Promise<DomainState> {
    const state = await this.hypervisor.state(id)
    this.set(id, state)
    return state
  }

  /** One look at all; gives what was seen. */
  async refresh(): Promise<Awaited<ReturnType<Hypervisor['list']>>> {
    const changed = new Set<string>()
    // What changes while the list is on its way is newer than the list.
    const stop = this.onChange((id) => changed.add(id))
    const domains = await this.hypervisor.list().finally(stop)
    const seen = new Set(domains.map((domain) => domain.id))
    for (const domain of domains) if (!changed.has(domain.id)) this.set(domain.id, domain.state)
    for (const id of [...this.states.keys()]) if (!seen.has(id) && !changed.has(id)) this.set(id, 'absent')
    return domains
  }

  onChange(listener: (id: string, state: DomainState) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }
}

/** Whether QEMU has the guest's disks open. */
export const isRunning = (state: DomainState): boolean =>
  state === 'running' || state === 'paused' || state === 'stopping'
