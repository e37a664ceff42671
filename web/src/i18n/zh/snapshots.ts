import type { snapshots as english } from '../en/snapshots.ts'
import type { Translated } from '../messages.ts'

export const snapshots: Translated<typeof english> = {}
