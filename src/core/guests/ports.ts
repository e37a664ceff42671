import { and, eq, ne } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import { AppError, invalid } from '../errors.ts'

export interface PortPair {
  guest: number
  host: number
}

const mostPorts = 32
const last = 65535

/** Ports of the host that forwards may take, both ends included. */
export interface PortRange {
  first: number
  last: number
}

/** Whoever may do anything to the host takes low ones too, when they are asked for by number. */
export const everyHostPort: PortRange = { first: 1, last }

/** `1024-65535`; undefined for what is no such range. */
export function parsePortRange(text: string): PortRange | undefined {
  const found = /^(\d{1,5})-(\d{1,5})$/.exec(text)
  const range = { first: Number(found?.[1]), last: Number(found?.[2]) }
  return range.first >= 1 && range.first <= range.last && range.last <= last ? range : undefined
}

export function checkPorts(ports: readonly number[]): void {
  if (ports.length > mostPorts) throw invalid('ports', `a guest forwards at most ${mostPorts} ports`)
  for (const [index, port] of ports.entries()) {
    if (!Number.isInteger(port) || port < 1 || port > last)
      throw invalid(`ports[${index}]`, `ports[${index}] must be a port, 1 to ${last}`)
    if (ports.indexOf(port) !== index) throw invalid(`ports[${index}]`, `port ${port} is named twice`)
  }
}

/**
 * For each port of the guest the same port of the host if it is free there and in the range, else the next free one of the
 * range. Throws `insufficient_capacity` naming the field and the range.
 */
export function chooseHostPorts(
  wanted: readonly number[],
  taken: ReadonlySet<number>,
  range: PortRange = everyHostPort,
): PortPair[] {
  const used = new Set(taken)
  return wanted.map((guest, index) => {
    const host = nextFree(guest, used, range)
    if (host === undefined)
      throw new AppError(
        'insufficient_capacity',
        `ports[${index}] finds no free port of the host from ${range.first} to ${range.last}, which forwards may take ` +
          '(the setting network.forward_ports)',
        { field: `ports[${index}]`, details: { port: guest, ...range } },
      )
    used.add(host)
    return { guest, host }
  })
}

/** A search that left the asked port behind never ends on one that the system keeps for itself. */
const firstUnprivileged = 1024

function nextFree(wanted: number, used: ReadonlySet<number>, range: PortRange): number | undefined {
  const from = Math.max(wanted, range.first)
  for (let port = from; port <= range.last; port++) if (!used.has(port)) return port
  const least = Math.max(range.first, Math.min(firstUnprivileged, range.last))
  for (let port = least; port < from && port <= range.last; port++) if (!used.has(port)) return port
  return undefined
}

/** Host ports that guests of this cell have. */
export const forwardedPorts = (zone: Zone, cell: string): number[] =>
  zone.db
    .select({ ports: schema.guest.ports })
    .from(schema.guest)
    .where(and(eq(schema.guest.cell, cell), ne(schema.guest.ports, [])))
    .all()
    .flatMap((row) => row.ports.map((pair) => pair.host))
