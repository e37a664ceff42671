import type { profile as english } from '../en/profile.ts'
import type { Translated } from '../messages.ts'

export const profile: Translated<typeof english> = {}
