import type { instances as english } from '../en/instances.ts'
import type { Translated } from '../messages.ts'

export const instances: Translated<typeof english> = {}
