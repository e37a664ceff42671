// What only a running domain can do to its disks. Each step may have happened already: a repeat finds that out.
import { access, open } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../../core/errors.ts'
import type { LiveSnapshotRequest, LiveSnapshots } from '../../core/hypervisor.ts'
import { agentAnswers } from './agent.ts'
import { isLive, type LiveDisk, liveDisks } from './live-xml.ts'
import type { Virsh } from './virsh.ts'
import * as commands from './virsh.ts'
import { snapshotFlags } from './words.ts'
import { buildXml, type Element } from './xml.ts'

const memoryTimeoutMs = 60 * 60_000
const disksTimeoutMs = 120_000
const pollMs = 200
/** A job that has vanished leaves its result in the chain within five seconds, or has failed. */
const longestIdlePolls = 25

export function createLiveSnapshots(virsh: Virsh): LiveSnapshots {
  return {
    create: (id, request) => create(virsh, id, request),
    saveMemory: (id, memoryPath) => saveMemory(virsh, id, memoryPath),
    isMemoryWhole,
    chains: async (id) => (await writableDisks(virsh, id)).map(({ target, files }) => ({ target, files })),
    defined: (id) => definedFiles(virsh, id),
    async pull(id, target, basePath, progress) {
      await runBlockJob(
        virsh,
        { id, target, progress },
        {
          isDone: (files) => files[1] === (basePath ?? undefined),
          begin: async (files) => {
            requireLayer(files, basePath)
            await commands.blockPull(virsh, id, target, basePath)
          },
        },
      )
    },
    async commit(id, target, layers, progress) {
      if ((await chainOf(virsh, id, target))[0] === layers.topPath)
        return commitActive(virsh, { id, target, progress }, layers)
      await runBlockJob(
        virsh,
        { id, target, progress },
        {
          isDone: (files) => !files.includes(layers.topPath),
          begin: async (files) => {
            requireLayer(files, layers.basePath)
            await commands.blockCommit(virsh, id, target, layers)
          },
        },
      )
    },
  }
}

/** Libvirt writes this last; before, an image begins with `LibvirtQemudPart`. */
const wholeMark = 'LibvirtQemudSave'

async function isMemoryWhole(memoryPath: string): Promise<boolean> {
  try {
    const file = await open(memoryPath)
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(wholeMark.length), 0, wholeMark.length, 0)
      return buffer.toString('latin1', 0, bytesRead) === wholeMark
    } finally {
      await file.close()
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

async function definedFiles(virsh: Virsh, id: string): Promise<{ target: string; file: string }[]> {
  const disks = liveDisks(await virsh.reader.read({ words: 'dumpxml --inactive', id }))
  return disks.flatMap(({ target, device, files: [file] }) =>
    device === 'disk' && file !== undefined ? [{ target, file }] : [],
  )
}

async function writableDisks(virsh: Virsh, id: string): Promise<LiveDisk[]> {
  const xml = await virsh.reader.read({ words: 'dumpxml', id })
  if (!isLive(xml)) throw new AppError('conflict', 'the guest is not running')
  return liveDisks(xml).filter(({ device, readonly }) => device === 'disk' && !readonly)
}

async function create(virsh: Virsh, id: string, request: LiveSnapshotRequest): Promise<void> {
  if (await waitForOwnSnapshot(virsh, id, request)) return
  for (const { overlayPath } of request.disks) await requireAbsent(overlayPath)
  if (request.quiesce && !(await agentAnswers(virsh, id)))
    throw new AppError(
      'unavailable',
      'the guest agent does not answer, so the file systems cannot be frozen; install and start qemu-guest-agent ' +
        'in the guest, or take a crash-consistent snapshot',
    )
  const disks = await writableDisks(virsh, id)
  await commands.snapshotCreate(virsh, id, {
    xml: snapshotXml(disks, request),
    flags: snapshotFlags(request),
    timeoutMs: request.memoryPath ? memoryTimeoutMs : disksTimeoutMs,
  })
}

async function saveMemory(virsh: Virsh, id: string, memoryPath: string): Promise<void> {
  await requireAbsent(memoryPath)
  const xml = snapshotXml(await writableDisks(virsh, id), { disks: [], memoryPath, quiesce: false })
  await commands.snapshotCreate(virsh, id, { xml, flags: [], timeoutMs: memoryTimeoutMs })
}

/** Whether the disks are on their overlays, after waiting for a snapshot that an earlier try has left running. */
async function waitForOwnSnapshot(virsh: Virsh, id: string, request: LiveSnapshotRequest): Promise<boolean> {
  for (;;) {
    const disks = await writableDisks(virsh, id)
    const top = new Map(disks.map(({ target, files }) => [target, files[0]]))
    const missing = request.disks.find(({ target }) => !top.has(target))
    if (missing) throw new AppError('not_found', `the guest has no disk '${missing.target}'`)
    if (request.disks.every(({ target, overlayPath }) => top.get(target) === overlayPath)) return true
    if ((await commands.domainJob(virsh, id)) === null) return false
    await delay(pollMs)
  }
}

async function requireAbsent(path: string): Promise<void> {
  const exists = await access(path).then(
    () => true,
    () => false,
  )
  if (exists)
    throw new AppError('conflict', `the file '${path}' exists already and is not in use by this guest`)
}

/** Disks that are not named stay as they are. */
export function snapshotXml(disks: LiveDisk[], request: LiveSnapshotRequest): string {
  const overlays = new Map(request.disks.map(({ target, overlayPath }) => [target, overlayPath]))
  const entry = ({ target }: LiveDisk): Element => {
    const path = overlays.get(target)
    if (path === undefined) return { '@name': target, '@snapshot': 'no' }
    return {
      '@name': target,
      '@snapshot': 'external',
      '@type': 'file',
      driver: { '@type': 'qcow2' },
      source: { '@file': path },
    }
  }
  const memory = request.memoryPath
    ? { '@snapshot': 'external', '@file': request.memoryPath }
    : { '@snapshot': 'no' }
  return buildXml({ domainsnapshot: { memory, disks: { disk: disks.map(entry) } } })
}

interface JobSubject {
  id: string
  target: string
  progress(percent: number): void
}

/** Runs one block job to its end, or goes on with the one that an earlier try has left. */
async function runBlockJob(
  virsh: Virsh,
  subject: JobSubject,
  job: { isDone(files: string[]): boolean; begin(files: string[]): Promise<void> },
): Promise<void> {
  const { id, target, progress } = subject
  await waitForJob(virsh, subject)
  if (!job.isDone(await chainOf(virsh, id, target))) {
    await job.begin(await chainOf(virsh, id, target))
    await waitForJob(virsh, subject)
    // The job is gone a moment before libvirt has written the new chain down.
    await untilDone(async () => job.isDone(await chainOf(virsh, id, target)))
  }
  progress(100)
}

/**
 * The layer that the guest writes to: once the base has all of it, the job waits to be told that the guest shall go over.
 * An earlier try may have left it at any point of that.
 */
async function commitActive(
  virsh: Virsh,
  subject: JobSubject,
  layers: { topPath: string; basePath: string },
): Promise<void> {
  const { id, target, progress } = subject
  requireLayer(await chainOf(virsh, id, target), layers.basePath)
  if ((await commands.blockJob(virsh, id, target)) === null)
    await commands.blockCommit(virsh, id, target, { ...layers, active: true })
  for (let idlePolls = 0; (await chainOf(virsh, id, target))[0] === layers.topPath; ) {
    const job = await commands.blockJob(virsh, id, target)
    if (job === null && ++idlePolls > longestIdlePolls) throw jobFailed()
    if (job !== null && job.currentBytes === job.endBytes)
      await commands.blockPivot(virsh, id, target).catch(notReady)
    else if (job !== null) report(job, progress)
    await delay(pollMs)
  }
  progress(100)
}

/** Both figures are also equal for a moment before the job is ready. */
function notReady(error: unknown): void {
  if (!/not ready|not yet/i.test(String(error))) throw error
}

async function waitForJob(virsh: Virsh, { id, target, progress }: JobSubject): Promise<void> {
  for (;;) {
    const job = await commands.blockJob(virsh, id, target)
    if (job === null) return
    report(job, progress)
    await delay(pollMs)
  }
}

function report(job: commands.BlockJob, progress: (percent: number) => void): void {
  if (job.endBytes > 0) progress(Math.min(99, Math.floor((100 * job.currentBytes) / job.endBytes)))
}

async function untilDone(done: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < longestIdlePolls; attempt++) {
    if (await done()) return
    await delay(pollMs)
  }
  throw jobFailed()
}

const jobFailed = () =>
  new AppError('unavailable', 'QEMU ended the block job without having merged the layers; see its log')

async function chainOf(virsh: Virsh, id: string, target: string): Promise<string[]> {
  const disk = (await writableDisks(virsh, id)).find((one) => one.target === target)
  if (disk) return disk.files
  throw new AppError('not_found', `the guest has no disk '${target}'`)
}

function requireLayer(files: string[], path: string | null): void {
  if (path === null || files.includes(path)) return
  throw new AppError('conflict', `'${path}' is not a layer of this disk`)
}
