import type { journal as english } from '../en/journal.ts'
import type { Translated } from '../messages.ts'

export const journal: Translated<typeof english> = {}
