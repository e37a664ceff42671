import { and, eq, ne } from 'drizzle-orm'
import * as schema from '../../db/schema.ts'
import type { Zone } from '../../zone/zone.ts'
import { AppError, invalid } from '../errors.ts'

export interface PortPair {
  guest: number
  host: number
}

const mostPorts = 32
const firstFree = 1024
const last = 65535

export function checkPorts(ports: readonly number[]): void {
  if (ports.length > mostPorts) throw invalid('ports', `a guest forwards at most ${mostPorts} ports`)
  for (const [index, port] of ports.entries()) {
    if (!Number.isInteger(port) || port < 1 || port > last)
      throw invalid(`ports[${index}]`, `ports[${index}] must be a port, 1 to ${last}`)
    if (ports.indexOf(port) !== index) throw invalid(`ports[${index}]`, `port ${port} is named twice`)
  }
}

/** For each port of the guest the same port of the host if it is free there, else the next free one. */
export function chooseHostPorts(wanted: readonly number[], taken: ReadonlySet<number>): PortPair[] {
  const used = new Set(taken)
  return wanted.map((guest) => {
    const host = nextFree(guest, used)
    used.add(host)
    return { guest, host }
  })
}

function nextFree(from: number, used: ReadonlySet<number>): number {
  for (let port = from; port <= last; port++) if (!used.has(port)) return port
  for (let port = firstFree; port < from; port++) if (!used.has(port)) return port
  throw new AppError('insufficient_capacity', 'every port of the host is taken', { field: 'ports' })
}

/** Host ports that guests of this cell have. */
export const forwardedPorts = (zone: Zone, cell: string): number[] =>
  zone.db
    .select({ ports: schema.guest.ports })
    .from(schema.guest)
    .where(and(eq(schema.guest.cell, cell), ne(schema.guest.ports, [])))
    .all()
    .flatMap((row) => row.ports.map((pair) => pair.host))
