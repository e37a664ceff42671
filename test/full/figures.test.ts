// Figures of a real guest on real libvirt: they move when it works, and are there after the appliance was restarted.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Appliance, startBoth } from '../e2e/harness.ts'
import * as life from '../e2e/life.ts'
import { waitFor } from '../lab/http.ts'

interface Instance {
  cpu_usage: number
  memory_available: number
  bytes_written: number
  write_speed: number
}

interface Status {
  instances: number[]
  cpu_usage: number
  max_cpu: number
  max_memory: number
  available_disk: number
}

interface Chart {
  series: Record<string, { avg: (number | null)[]; max: (number | null)[] }>
}

const slowly = { timeoutMs: 120_000, everyMs: 2_000 }

const known = (values: readonly (number | null)[] = []) => values.filter((value) => value !== null)

const instance = (appliance: Appliance, id: string) => appliance.api<Instance>('GET', `/instances/${id}`)

/** Processes of virsh in the lab. */
async function virshCount({ lab }: Appliance): Promise<number> {
  const { stdout } = await lab.exec('sh', [
    '-c',
    'cat /proc/[0-9]*/comm 2>/dev/null | grep -cx virsh || true',
  ])
  return Number(stdout)
}

describe('figures of a real guest', () => {
  test('move when it works, and outlive the appliance', { timeout: 600_000 }, async (t) => {
    const { appliance, stop } = await startBoth()
    t.after(stop)
    const image = await life.uploadTiny(appliance)
    const id = await life.createGuest(
      appliance,
      life.createBody('works', { from_image: image, auto_start: true }),
    )
    const agent = await life.booted(appliance, id)

    await t.test('the status of zone, pool and cell counts it', async () => {
      const [cell] = await appliance.api<Record<string, unknown>[]>('GET', '/compute_cell_status/default/')
      assert.equal(cell?.['alive'], true)
      for (const path of ['compute_zone_status/', 'compute_pool_status/default']) {
        const status = await waitFor('figures of the host', async () => {
          const found = await appliance.api<Status>('GET', `/${path}`)
          return found.available_disk > 0 && found.cpu_usage > 0 ? found : undefined
        })
        assert.deepEqual(status.instances, [0, 1, 0, 0], path)
        assert.ok(status.max_cpu >= 1 && status.max_memory > 2 ** 28)
      }
    })

    await t.test('its processor is seen to work, and to rest', async () => {
      // On a busy machine an emulated core gets a small part of a real one, so only the difference says anything.
      const usages: number[] = []
      await waitFor(
        'a processor at rest',
        async () => {
          usages.push((await instance(appliance, id)).cpu_usage)
          return usages.length >= 3 && (usages.at(-1) ?? 100) < 8 ? true : undefined
        },
        slowly,
      )
      const rest = usages.at(-1) ?? 0
      await agent.sh('(timeout 240 sh -c "while :; do :; done") > /dev/null 2>&1 &')
      const busy = await waitFor(
        'a busy processor',
        async () => {
          const found = await instance(appliance, id)
          return found.cpu_usage > rest + 4 && found.cpu_usage > 2 * rest ? found : undefined
        },
        slowly,
      )
      t.diagnostic(`${rest} % at rest, ${busy.cpu_usage} % at work`)
      assert.ok(busy.cpu_usage <= 100)
      assert.ok(busy.memory_available > 0 && busy.memory_available < 192 * 2 ** 20)
      const { series } = await appliance.api<Chart>('GET', `/figures/guests/${id}?fields=cpu_usage`)
      assert.ok(Math.max(...known(series['cpu_usage']?.max)) > rest, 'the work is in the chart')
      await agent.sh('killall timeout').catch(() => undefined)
    })

    await t.test('what it writes is counted, and its speed is seen', async () => {
      const before = (await instance(appliance, id)).bytes_written
      await agent.sh('dd if=/dev/urandom of=/data/written bs=1024 count=4096 && sync')
      await waitFor(
        'written bytes',
        async () => {
          const { bytes_written } = await instance(appliance, id)
          return bytes_written - before >= 4 * 2 ** 20 ? true : undefined
        },
        slowly,
      )
      const { series } = await appliance.api<Chart>('GET', `/figures/guests/${id}?fields=write_speed`)
      assert.ok(Math.max(...known(series['write_speed']?.max)) > 50_000, 'the writing is in the chart')
    })

    await t.test('no process is started for a look', async () => {
      const before = await virshCount(appliance)
      assert.ok(before >= 2 && before <= 4, `${before} processes of virsh`)
      const metrics = (await appliance.anonymous()).with({ authorization: `Bearer ${appliance.session}` })
      const text = (await metrics.request('GET', '/metrics')).text
      assert.match(
        text,
        new RegExp(`nacelle_guest_cpu_seconds_total\\{guest="${id}",name="manager.works"\\} \\d`),
      )
      assert.match(text, /^nacelle_sampler_failures_total 0$/m)
      for (let count = 0; count < 20; count++) await appliance.api('GET', '/instance_status/default')
      assert.ok((await virshCount(appliance)) <= before)
    })

    await t.test('what was is there after a restart', async () => {
      const path = `/figures/guests/${id}?fields=cpu_usage`
      const before = known((await appliance.api<Chart>('GET', path)).series['cpu_usage']?.avg)
      assert.equal(await appliance.stop(), 0)
      await appliance.start()
      const after = await waitFor('the history', async () => {
        const found = known((await appliance.api<Chart>('GET', path)).series['cpu_usage']?.avg)
        return found.length >= before.length ? found : undefined
      })
      for (const [index, value] of before.slice(0, -2).entries())
        assert.ok(Math.abs((after[index] ?? 0) - value) <= 0.01 + value / 100, `point ${index}`)
    })

    await t.test('and goes with the guest', async () => {
      await appliance.api('DELETE', `/instances/${id}`, { force: true })
      await life.untilState(appliance, id, 'stopped')
      await waitFor('figures at zero', async () =>
        (await instance(appliance, id)).cpu_usage === 0 ? true : undefined,
      )
      await life.deleteGuest(appliance, id)
      assert.equal((await appliance.call('GET', `/figures/guests/${id}`)).status, 404)
    })
  })
})
