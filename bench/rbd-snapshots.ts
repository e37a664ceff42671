// A snapshot of a stopped guest on Ceph and the way back through the API, against bare `rbd` on the same disks: snapshots
// of both, then clones of both. Usage: node bench/rbd-snapshots.ts [turns]
import { startBoth } from '../test/e2e/harness.ts'
import { createBody, createGuest, uploadTiny } from '../test/e2e/life.ts'
import { startCeph } from '../test/lab/ceph.ts'
import { median, sayFigure, spread } from './figures.ts'

const turns = Number(process.argv[2] ?? 5)
const { lab, appliance, stop } = await startBoth()

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

try {
  const ceph = await startCeph(lab)
  const { monitor, pool, user, key } = ceph
  const monitors = `${monitor.name}:${monitor.port}`
  await appliance.api('POST', '/storage_pools/ceph', { type: 'ceph', monitors, pool, user, key })
  await appliance.api('PUT', '/compute_pools/default', { storage: 'ceph' })
  const image = await uploadTiny(appliance)
  const id = await createGuest(appliance, createBody('web1', { from_image: image }))
  const disks = (JSON.parse(await ceph.admin('rbd', 'ls', '--format', 'json')) as string[]).filter((name) =>
    name.startsWith('disk-'),
  )
  const times = { take: [0], bareTake: [0], restore: [0], bareRestore: [0] }
  for (const list of Object.values(times)) list.length = 0
  for (let turn = 0; turn < turns; turn++) {
    const name = `turn-${turn}`
    times.take.push(
      await timed(() => appliance.api('POST', `/instances/${id}/snapshots/`, { name, description: '' })),
    )
    times.bareTake.push(
      await timed(() =>
        Promise.all(
          disks.map((disk) =>
            ceph.admin('rbd', 'snap', 'create', '--no-progress', `${pool}/${disk}@${name}`),
          ),
        ),
      ),
    )
    times.restore.push(
      await timed(() => appliance.api('PUT', `/instances/${id}/snapshots/`, { target: name })),
    )
    times.bareRestore.push(
      await timed(async () => {
        for (const disk of disks) {
          const words = ['clone', '--rbd-default-clone-format', '2']
          await ceph.admin('rbd', ...words, `${pool}/${disk}@${name}`, `${pool}/bare-${turn}-${disk}`)
        }
      }),
    )
  }
  for (const [name, values] of Object.entries(times)) console.log(`${name}: ${spread(values)}`)
  const ratio = (ours: number[], bare: number[]) => median(ours) / median(bare)
  sayFigure({
    name: 'snapshot on Ceph',
    value: ratio(times.take, times.bareTake),
    unit: '× bare',
    aim: { most: 3 },
  })
  sayFigure({
    name: 'restore on Ceph',
    value: ratio(times.restore, times.bareRestore),
    unit: '× bare',
    aim: { most: 3 },
  })
} finally {
  await stop()
}
