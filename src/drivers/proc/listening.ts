import { readFile } from 'node:fs/promises'

/** State of a listening socket in /proc/net/tcp (include/net/tcp_states.h). */
const listen = '0A'

/** TCP ports that something on this host listens on, whatever the address. */
export async function listeningPorts(): Promise<Set<number>> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')),
  )
  return new Set(tables.flatMap(parseListening))
}

/** `sl local_address rem_address st …`, the port behind the colon in hexadecimal. */
export const parseListening = (table: string): number[] =>
  table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[3] === listen)
    .map((columns) => Number.parseInt(columns[1]?.split(':')[1] ?? '', 16))
    .filter((port) => port > 0)
