import type { Change, Zone } from '../../zone/zone.ts'
import { pickAddress, pickExternal } from './address.ts'
import type { Guest } from './guest.ts'

/** What a guest gets of its address pool; null without one, and without 1:1 NAT. */
export interface Addresses {
  address: string | null
  external: string | null
}

interface AddressedGuest {
  guest: Pick<Guest, 'addressPool'>
  wantedAddress: string | null
  mapped?: boolean
}

/** Free ones; whether they are still free then, the commit decides. */
export function pickAddresses(zone: Zone, { guest, wantedAddress, mapped }: AddressedGuest): Addresses {
  const pool = guest.addressPool
  if (pool === null) return { address: null, external: null }
  return {
    address: pickAddress(zone, pool, wantedAddress),
    external: mapped ? pickExternal(zone, pool) : null,
  }
}

/** The rows by which no other guest can get them. */
export function addressClaims(
  guest: Pick<Guest, 'id' | 'mac' | 'addressPool'>,
  { address, external }: Addresses,
  createdAt: number,
): Change[] {
  const pool = guest.addressPool
  if (pool === null) return []
  const claim = (type: 'internal' | 'external', value: string | null): Change[] => {
    if (value === null) return []
    const key = `${pool}/${value}`
    const after = { key, pool, address: value, type, guest: guest.id, mac: guest.mac, createdAt }
    return [{ table: 'address', key, before: null, after }]
  }
  return [...claim('internal', address), ...claim('external', external)]
}
