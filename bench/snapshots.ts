// A snapshot of a stopped guest on a directory pool and the way back through the API, against bare `qemu-img create` of the
// overlays that each of them makes, in turns. Usage: node bench/snapshots.ts [turns]
import { join } from 'node:path'
import { startBoth } from '../test/e2e/harness.ts'
import { createBody, createGuest, uploadTiny } from '../test/e2e/life.ts'
import { median, sayFigure, spread } from './figures.ts'

const turns = Number(process.argv[2] ?? 9)
const { lab, appliance, stop } = await startBoth()

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

interface Listed {
  name: string
  kind: string
  owner: string
}

try {
  const image = await uploadTiny(appliance)
  const id = await createGuest(appliance, createBody('web1', { from_image: image }))
  const pool = join(appliance.dataDir, 'pools/local')
  const volumes = await appliance.api<Listed[]>('GET', '/storage_pools/local/volumes/')
  const disks = volumes.filter(({ kind, owner }) => kind === 'disk' && owner === id).map(({ name }) => name)
  const overlays = async (suffix: string) => {
    for (const disk of disks) {
      const words = ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', join(pool, disk)]
      await lab.exec('qemu-img', [...words, join(lab.tempDir, `${disk}-${suffix}`)])
    }
  }
  const ours: { take: number[]; restore: number[] } = { take: [], restore: [] }
  const bare: typeof ours = { take: [], restore: [] }
  for (let turn = 0; turn < turns; turn++) {
    const name = `turn-${turn}`
    ours.take.push(await timed(() => appliance.api('POST', `/instances/${id}/snapshots/`, { name })))
    bare.take.push(await timed(() => overlays(`${turn}-take`)))
    ours.restore.push(
      await timed(() => appliance.api('PUT', `/instances/${id}/snapshots/`, { target: name })),
    )
    bare.restore.push(await timed(() => overlays(`${turn}-restore`)))
  }
  for (const what of ['take', 'restore'] as const) {
    console.log(`${what}, API:  ${spread(ours[what])}`)
    console.log(`${what}, bare: ${spread(bare[what])}`)
    const name = what === 'take' ? 'snapshot' : 'restore'
    sayFigure({ name, value: median(ours[what]) / median(bare[what]), unit: '× bare', aim: { most: 3 } })
  }
} finally {
  await stop()
}
