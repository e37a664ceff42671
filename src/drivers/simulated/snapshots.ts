import { AppError } from '../../core/errors.ts'
import type { LiveSnapshotRequest, LiveSnapshots } from '../../core/hypervisor.ts'
import { has, type SimulatedDomain, type SimulatedWorld } from './world.ts'

export function createSimulatedSnapshots(world: SimulatedWorld): LiveSnapshots {
  return {
    create: (id, request) =>
      world.call('snapshots.create', [id, request], () => create(world, world.running(id), request)),
    saveMemory: (id, memoryPath) =>
      world.call('snapshots.saveMemory', [id, memoryPath], async () => {
        if (world.running(id).state !== 'paused') throw new AppError('conflict', 'the guest is not paused')
        await world.files.writeMemory(memoryPath)
      }),
    isMemoryWhole: (memoryPath) => world.files.exists(memoryPath),
    chains: (id) =>
      world.call('snapshots.chains', [id], async () =>
        [...world.running(id).chains].map(([target, files]) => ({ target, files: [...files] })),
      ),
    defined: (id) =>
      world.call('snapshots.defined', [id], async () =>
        (world.find(id).defined?.disks ?? []).flatMap(({ target, source }) =>
          source.kind === 'file' ? [{ target, file: source.path }] : [],
        ),
      ),
    pull: (id, target, basePath, progress) =>
      world.call('snapshots.pull', [id, target, basePath], async () => {
        const files = chainOf(world.running(id), target)
        const keep = basePath === null ? [] : files.slice(position(files, basePath))
        progress(0)
        await world.files.merged({ kind: 'pull', topPath: files[0] ?? '', basePath })
        files.splice(1, files.length, ...keep)
        progress(100)
      }),
    commit: (id, target, { topPath, basePath }, progress) =>
      world.call('snapshots.commit', [id, target, topPath, basePath], async () => {
        const domain = world.running(id)
        const files = chainOf(domain, target)
        const base = position(files, basePath)
        const top = files.indexOf(topPath)
        if (top < 0) return
        progress(0)
        await world.files.merged({ kind: 'commit', topPath, basePath })
        files.splice(top, base - top)
        redefine(domain, target, { from: topPath, to: basePath })
        progress(100)
      }),
  }
}

async function create(
  world: SimulatedWorld,
  domain: SimulatedDomain,
  request: LiveSnapshotRequest,
): Promise<void> {
  if (has(domain, 'fail-snapshot')) throw new Error(`simulated: snapshot of '${domain.name}' fails`)
  const switched = request.disks.filter(({ target, overlayPath }) => {
    return chainOf(domain, target)[0] === overlayPath
  })
  if (switched.length === request.disks.length && request.disks.length > 0) return
  if (request.quiesce && !domain.agentConnected)
    throw new AppError('unavailable', 'the guest agent does not answer, so its file systems cannot be frozen')
  for (const { overlayPath } of request.disks) {
    if (await world.files.exists(overlayPath))
      throw new AppError('conflict', `the file '${overlayPath}' exists already`)
  }
  if (request.memoryPath) await world.files.writeMemory(request.memoryPath)
  for (const { target, overlayPath } of request.disks) {
    const files = chainOf(domain, target)
    const [base = ''] = files
    await world.files.createOverlay(overlayPath, base)
    files.unshift(overlayPath)
    redefine(domain, target, { from: base, to: overlayPath })
  }
}

/** As with libvirt, the persistent definition goes along where it names the same file. */
function redefine(domain: SimulatedDomain, target: string, { from, to }: { from: string; to: string }): void {
  const source = domain.defined?.disks.find((disk) => disk.target === target)?.source
  if (source?.kind === 'file' && source.path === from) source.path = to
}

function chainOf(domain: SimulatedDomain, target: string): string[] {
  const files = domain.chains.get(target)
  if (files) return files
  throw new AppError('not_found', `the guest '${domain.name}' has no disk '${target}'`)
}

function position(files: string[], path: string): number {
  const found = files.indexOf(path)
  if (found >= 0) return found
  throw new AppError('conflict', `'${path}' is not a layer of this disk`)
}
