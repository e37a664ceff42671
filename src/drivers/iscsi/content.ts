// What lies on a LUN: whether it is blank, and making it so.
import type { VolumeLocation } from '../../core/volumes.ts'
import { CommandError, run } from '../exec.ts'

const mib = 1024 ** 2
/** Partition tables, file systems and volume managers put their marks here, at both ends. */
const endBytes = mib
/** QEMU takes no longer request. */
const stepBytes = 1024 ** 3
const stepsAtOnce = 32
const lookMs = 60_000

/** Whether both ends hold nothing but zeros. */
export async function isBlank(location: VolumeLocation, sizeBytes: number): Promise<boolean> {
  const commands = ends(sizeBytes).map(([at, length]) => `read -P 0 ${at} ${length}`)
  try {
    await qemuIo(location, commands, { readOnly: true, timeoutMs: lookMs })
    return true
  } catch (error) {
    if (error instanceof CommandError && /Pattern verification failed/.test(error.stdout)) return false
    throw error
  }
}

/**
 * Writes zeros over the whole LUN, so that the next guest finds nothing of the last one. Where the target can unmap,
 * that is done by a few commands and no data; where it cannot, it takes as long as writing all of it.
 */
export async function wipe(location: VolumeLocation, sizeBytes: number): Promise<void> {
  for (let at = 0; at < sizeBytes; at += stepBytes * stepsAtOnce) {
    const end = Math.min(sizeBytes, at + stepBytes * stepsAtOnce)
    const commands: string[] = []
    for (let from = at; from < end; from += stepBytes)
      commands.push(`write -z -u ${from} ${Math.min(stepBytes, end - from)}`)
    await qemuIo(location, [...commands, 'flush'], { readOnly: false, timeoutMs: 0 })
  }
}

function ends(sizeBytes: number): [at: number, length: number][] {
  if (sizeBytes <= 2 * endBytes) return [[0, sizeBytes]]
  return [
    [0, endBytes],
    [sizeBytes - endBytes, endBytes],
  ]
}

async function qemuIo(
  { filename, format, words = [] }: VolumeLocation,
  commands: readonly string[],
  { readOnly, timeoutMs }: { readOnly: boolean; timeoutMs: number },
): Promise<void> {
  const shape = [...(readOnly ? ['-r'] : []), '-t', 'none', '-f', format]
  const acts = commands.flatMap((command) => ['-c', command])
  await run('qemu-io', [...words, ...shape, ...acts, filename], { timeoutMs, priority: 'low' })
}
