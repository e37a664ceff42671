import { AppError } from '../errors.ts'

const pattern = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i
/** QEMU's own prefix: the one by which people know a guest in an ARP table. */
const prefix = '52:54:00'

/** A unicast address that one interface can have, in the usual notation. */
export const validMac = (text: string): boolean =>
  pattern.test(text) && (Number.parseInt(text.slice(0, 2), 16) & 1) === 0 && !/^(00:){5}00$/.test(text)

/** The one spelling that is kept and compared. */
export const canonicalMac = (text: string): string => text.toLowerCase()

/** A MAC that nobody in the record has. `random` gives 0 ≤ n < 1. */
export function generateMac(taken: (mac: string) => boolean, random: () => number = Math.random): string {
  for (let attempt = 0; attempt < 100; attempt++) {
    const tail = Math.floor(random() * 2 ** 24)
    const octets = [16, 8, 0].map((shift) => ((tail >> shift) & 255).toString(16).padStart(2, '0'))
    const mac = [prefix, ...octets].join(':')
    if (!taken(mac)) return mac
  }
  throw new AppError('insufficient_capacity', 'no free MAC address was found in a hundred draws')
}
