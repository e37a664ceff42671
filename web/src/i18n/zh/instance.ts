import type { instance as english } from '../en/instance.ts'
import type { Translated } from '../messages.ts'

export const instance: Translated<typeof english> = {}
