// The NoCloud seed: a small ISO that cloud-init finds by its label.
import { mkdir, open, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, hasCode, invalid } from '../../core/errors.ts'
import type { SeedBuilder } from '../../core/volumes.ts'
import { run } from '../exec.ts'

/** The first second of 2000, in every place where an ISO keeps a time: the same seed is the same bytes. */
const moment = new Date('2000-01-01T00:00:00Z')
const epochSeconds = String(moment.getTime() / 1000)
const isoTime = '2000010100000000'

/** Makes `path` by way of `path.files` and `path.partial`, mode 0600; a repeat replaces what a crash left of them. */
export function createSeedBuilder(): SeedBuilder {
  return {
    async build(path, seed) {
      // Beside the target and named by it: what a crash leaves holds secrets, and must be found again.
      const directory = `${path}.files`
      await rm(directory, { recursive: true, force: true })
      await mkdir(directory, { mode: 0o700 })
      try {
        await writeFiles(directory, seed)
        await makeIso(directory, `${path}.partial`)
        await rename(`${path}.partial`, path)
      } finally {
        await rm(directory, { recursive: true, force: true })
        await rm(`${path}.partial`, { force: true })
      }
    },
    async hashPassword(password) {
      if (password.includes('\n')) throw invalid('password', 'a password cannot hold a line break')
      const { stdout } = await run('openssl', ['passwd', '-6', '-stdin'], { stdin: `${password}\n` })
      return stdout.trim()
    },
  }
}

async function writeFiles(
  directory: string,
  seed: { metaData: string; userData: string; networkConfig?: string },
): Promise<void> {
  const files = {
    'meta-data': seed.metaData,
    'user-data': seed.userData,
    'network-config': seed.networkConfig,
  }
  for (const [name, content] of Object.entries(files)) {
    if (content === undefined) continue
    const file = join(directory, name)
    await writeFile(file, content, { mode: 0o600 })
    await utimes(file, moment, moment)
  }
  await utimes(directory, moment, moment)
}

/** Joliet alone keeps the names; Rock Ridge would add change times that nobody can set. */
const words = (directory: string, path: string) => ['-quiet', '-V', 'cidata', '-J', '-o', path, directory]

async function makeIso(directory: string, path: string): Promise<void> {
  // Made by us first: neither tool can be told the mode, and the seed may hold a password.
  await writeFile(path, '', { mode: 0o600 })
  try {
    await run('genisoimage', words(directory, path))
    await fixDescriptorTimes(path)
  } catch (error) {
    if (!hasCode(error, 'unavailable')) throw error
    await makeWithXorriso(directory, path)
  }
}

async function makeWithXorriso(directory: string, path: string): Promise<void> {
  const env = { SOURCE_DATE_EPOCH: epochSeconds }
  try {
    await run('xorriso', ['-as', 'mkisofs', ...words(directory, path)], { env })
  } catch (error) {
    if (!hasCode(error, 'unavailable')) throw error
    throw new AppError(
      'unavailable',
      'no program makes ISO images; mend it with: apt-get install genisoimage',
      {
        cause: error,
      },
    )
  }
}

const sectorBytes = 2048
const firstDescriptor = 16
const terminator = 255
/** Creation, modification and effective time in a volume descriptor (ECMA-119, 8.4.26 to 8.4.29). */
const timeOffsets = [813, 830, 864]

/** genisoimage writes the present time into the volume descriptors. */
async function fixDescriptorTimes(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    const kind = Buffer.alloc(1)
    for (let sector = firstDescriptor; ; sector++) {
      const { bytesRead } = await file.read(kind, 0, 1, sector * sectorBytes)
      if (bytesRead === 0 || kind[0] === terminator) break
      for (const offset of timeOffsets) await file.write(isoTime, sector * sectorBytes + offset)
    }
    await file.sync()
  } finally {
    await file.close()
  }
}
