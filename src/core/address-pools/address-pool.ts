import type * as schema from '../../db/schema.ts'

export type AddressPool = Omit<typeof schema.addressPool.$inferSelect, 'version'>
export type AddressRange = Omit<typeof schema.addressRange.$inferSelect, 'version'>
export type Provider = AddressPool['provider']
export type RangeType = AddressRange['type']

/** What a caller says of a pool; modifications replace all of it. */
export interface AddressPoolRequest {
  gateway: string
  dns: readonly string[]
  provider: Provider
}

export interface AddressRangeRequest {
  type: RangeType
  start: string
  end: string
  netmask: string
}

/** An address that a guest holds. */
export interface Allocation {
  address: string
  /** External ones stand for a guest by 1:1 NAT. */
  type: RangeType
  guest: string
}

export interface RangeView {
  type: RangeType
  start: string
  end: string
  netmask: string
  /** How many addresses the range holds. */
  capacity: number
}

export interface AddressPoolSummary {
  name: string
  gateway: string
  dns: string[]
  provider: Provider
  /** Addresses in all ranges, external ones too, and how many of them guests hold. */
  capacity: number
  allocatedCount: number
  version: number
}

export interface AddressPoolView extends AddressPoolSummary {
  network: string
  bridge: string
  ranges: RangeView[]
  allocated: Allocation[]
}
