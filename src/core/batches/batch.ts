import type { LockRequest } from '../../tasks/saga.ts'

export type BatchKind = 'create' | 'delete' | 'stop'

/** One guest of a batch, with the task that is to be started for it. */
export interface BatchItem {
  /** Of the guest. */
  guest: string
  /** `group.name`, or the id where there is no such guest. */
  name: string
  /** Why it was refused before it began; then there is nothing to start. */
  refused?: string
  /** What is started for it, under an id that a repeat starts again. */
  start?: { task: string; kind: string; params: unknown; locks: LockRequest }
}

export interface BatchParams {
  what: BatchKind
  items: BatchItem[]
  /** How many are on their way at a time. */
  parallel: number
}

export interface BatchItemView {
  guest: string
  name: string
  state: 'waiting' | 'running' | 'done' | 'failed'
  /** 0–100. */
  progress: number
  error?: string
}

export interface BatchView {
  id: string
  what: BatchKind
  /** Whether every item has come to its end. */
  ended: boolean
  items: BatchItemView[]
}
