import type { templates as english } from '../en/templates.ts'
import type { Translated } from '../messages.ts'

export const templates: Translated<typeof english> = {}
