import { setProcessObserver } from '../../src/drivers/exec.ts'

/** What merely looks: left out of what a dry run tells. */
const reads: readonly RegExp[] = [
  /^qemu-img info /,
  /^rbd .*--pool \S+ (ls|info|du|snap ls|trash ls) /,
  /^virsh -q -c \S+$/,
  /^virsh -q -c \S+ (domstate|dumpxml|save-image-dumpxml|domjobinfo|domblkinfo|domcapabilities|capabilities|version)( |$)/,
  /^virsh -q -c \S+ blockjob \S+ \S+ --info /,
]

/** Every command line that changes something, as it is started while `work` goes on. */
export async function commandsDuring(work: () => Promise<unknown>): Promise<string[][]> {
  const seen: string[][] = []
  setProcessObserver({
    onSpawn: (_pid, command, args) => seen.push([command, ...args]),
    onExit: () => undefined,
  })
  try {
    await work()
  } finally {
    setProcessObserver({ onSpawn: () => undefined, onExit: () => undefined })
  }
  return seen.filter((line) => !reads.some((read) => read.test(line.join(' '))))
}
