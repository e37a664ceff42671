import type { images as english } from '../en/images.ts'
import type { Translated } from '../messages.ts'

export const images: Translated<typeof english> = {}
