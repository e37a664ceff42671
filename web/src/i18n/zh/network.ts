import type { network as english } from '../en/network.ts'
import type { Translated } from '../messages.ts'

export const network: Translated<typeof english> = {}
