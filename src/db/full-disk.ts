/** What SQLite says where a file of the database could not grow; the index of the log beside it has words of its own. */
const codes = ['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE', 'SQLITE_IOERR_SHMMAP']

export const isDiskFull = (error: unknown): boolean =>
  error instanceof Error &&
  (('code' in error && codes.includes(String(error.code))) || isDiskFull(error.cause))

/** Room for the database itself: true when some was made, so that a write may be tried again. Blocking. */
export type MakeRoom = () => boolean

/** Runs a write (all or nothing); where the disk is full and room could be made, once more. */
export function writeInRoom<T>(write: () => T, makeRoom: MakeRoom | undefined): T {
  try {
    return write()
  } catch (error) {
    if (!isDiskFull(error) || !makeRoom?.()) throw error
    return write()
  }
}
