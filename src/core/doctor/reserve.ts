import { limitsOf } from '../state-disk/state-disk.ts'
import { failing, ok, quoted, type Verdict, warning } from './finding.ts'

export interface ReserveFacts {
  directory: string
  /** Whether the data directory is there at all. */
  exists: boolean
  totalBytes: number
  freeBytes: number
  /** What the reserve file really takes; 0 where there is none. */
  heldBytes: number
  /** Whether a Nacelle runs on the data directory. */
  running: boolean
}

const mib = 2 ** 20
const size = (bytes: number) => `${Math.floor(bytes / mib)} MiB`

/** The reserve is there, or the disk is full and changes are refused. */
export function judgeReserve(facts: ReserveFacts): Verdict {
  const { directory, exists, totalBytes, freeBytes, heldBytes, running } = facts
  const { reserveBytes, lowBytes, resumeBytes } = limitsOf(totalBytes)
  if (!exists) return ok('made at the first start')
  if (heldBytes >= reserveBytes) return ok(`${size(heldBytes)} are kept back for tasks to end`)
  const make = `make room, largest last: du -xh --max-depth=2 ${quoted(directory)} | sort -h | tail -20`
  if (freeBytes < lowBytes)
    return failing(`given back, since the disk is full (${size(freeBytes)} free): Nacelle is read-only`, make)
  if (!running) return ok(`made at the next start: ${size(freeBytes)} are free`)
  return freeBytes < resumeBytes
    ? failing(`given back: Nacelle is read-only until ${size(resumeBytes)} are free`, make)
    : warning(
        `not there yet although ${size(freeBytes)} are free`,
        'wait ten seconds, then: journalctl -u nacelle',
      )
}
