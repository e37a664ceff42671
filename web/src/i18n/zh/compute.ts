import type { compute as english } from '../en/compute.ts'
import type { Translated } from '../messages.ts'

export const compute: Translated<typeof english> = {}
