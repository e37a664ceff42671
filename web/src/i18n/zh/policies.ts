import type { policies as english } from '../en/policies.ts'
import type { Translated } from '../messages.ts'

export const policies: Translated<typeof english> = {}
