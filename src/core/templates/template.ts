import type { GuestHardware } from '../../db/row-types.ts'
import type * as schema from '../../db/schema.ts'

export type Template = typeof schema.template.$inferSelect

/** What a caller may say of a template; on a change, what is left out stays. */
export interface TemplateRequest {
  name?: string
  admin?: string
  system?: 'linux' | 'windows'
  systemVersions?: readonly string[]
  firmware?: 'bios' | 'uefi'
  hardware?: Partial<GuestHardware>
}
