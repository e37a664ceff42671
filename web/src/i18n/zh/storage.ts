import type { storage as english } from '../en/storage.ts'
import type { Translated } from '../messages.ts'

export const storage: Translated<typeof english> = {}
