import { failing, ok, quoted, type Surroundings, type Verdict } from './finding.ts'

export interface PortFacts {
  host: string
  port: number
  /** Of a bind that was tried: empty when it succeeded, else the system's code, e.g. `EADDRINUSE`. */
  refused: string
  /** Who listens there, where that can be seen. */
  holder?: { pid: number; name: string; nacelle: boolean }
  /** Whether a Nacelle runs on the same data directory. */
  running: boolean
}

export function judgePort(facts: PortFacts, { root }: Pick<Surroundings, 'root'>): Verdict {
  const { host, port, refused, holder, running } = facts
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`
  if (refused === '') return ok(`${place} is free`)
  if (refused === 'EADDRNOTAVAIL')
    return failing(
      `${host} is not an address of this host`,
      'ip -brief address; then choose one with --listen',
    )
  if (refused === 'EACCES')
    return root
      ? failing(`${place} may not be listened on`, 'choose another port with --listen')
      : ok(`${place}: a port that only root may take`)
  if (refused !== 'EADDRINUSE')
    return failing(`${place} cannot be listened on: ${refused}`, 'choose another address with --listen')
  if (holder?.nacelle) return ok(`${place} is held by Nacelle itself (process ${holder.pid})`)
  if (holder)
    return failing(
      `${place} is taken by ${holder.name} (process ${holder.pid})`,
      `stop it (kill ${holder.pid}), or start with --listen ${quoted(`https://${place.replace(/\d+$/, '')}${port + 1}`)}`,
    )
  // Only root sees who holds a port; a Nacelle that runs on this data directory is the likeliest.
  if (!root && running) return ok(`${place} is in use, and Nacelle runs`)
  return failing(`${place} is taken by another program`, `ss -ltnp 'sport = :${port}'; then stop it`)
}
