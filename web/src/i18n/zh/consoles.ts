import type { consoles as english } from '../en/consoles.ts'
import type { Translated } from '../messages.ts'

export const consoles: Translated<typeof english> = {}
