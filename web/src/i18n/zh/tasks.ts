import type { tasks as english } from '../en/tasks.ts'
import type { Translated } from '../messages.ts'

export const tasks: Translated<typeof english> = {}
