import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { makeGuest, openTestAppliance, type TestAppliance } from '../../support/appliance.ts'

let world: TestAppliance
let guest = ''
before(async () => {
  world = await openTestAppliance()
  guest = await makeGuest(world, { name: 'charted', auto_start: true })
  await world.appliance.figures.look()
  await new Promise((resolve) => setTimeout(resolve, 600))
  await world.appliance.figures.look()
})
after(() => world.close())

interface Chart {
  from: string
  start: number
  step: number
  points: number
  series: Record<string, { avg: (number | null)[]; min: (number | null)[]; max: (number | null)[] }>
}

const read = async (path: string) => {
  const answer = await world.call('GET', `/api/v1/figures/${path}`)
  assert.equal(answer.status, 200, answer.text)
  return answer.data as Chart
}

const fields = [
  ...['cpu_usage', 'available_memory', 'available_disk'],
  ...['read_speed', 'write_speed', 'receive_speed', 'send_speed'],
]

describe('charts', () => {
  it('of the zone, a pool, a cell and a guest show the last hour unless told', async () => {
    for (const path of ['zone', 'pools/default', 'cells/default/here', `guests/${guest}`]) {
      const chart = await read(path)
      assert.deepEqual(Object.keys(chart.series), fields, path)
      assert.equal(chart.step, 10)
      assert.ok(chart.points === 360 || chart.points === 361, `${chart.points}`)
      assert.equal(chart.from, new Date(chart.start * 1000).toISOString().slice(0, 19).replace('T', ' '))
      for (const name of fields) {
        const { avg, min, max } = chart.series[name] ?? { avg: [], min: [], max: [] }
        assert.deepEqual([avg.length, min.length, max.length], [chart.points, chart.points, chart.points])
        assert.equal(avg[0], null, `${path} ${name}: nobody looked an hour ago`)
      }
      const known = (chart.series['cpu_usage']?.avg ?? []).filter((value) => value !== null)
      assert.ok(known.length > 0, path)
      assert.ok(known.every((value) => value > 0 && value <= 100))
    }
  })

  it('of a guest agree with its figures', async () => {
    const { series } = await read(`guests/${guest}?fields=available_memory,write_speed`)
    assert.deepEqual(Object.keys(series), ['available_memory', 'write_speed'])
    assert.equal(
      series['available_memory']?.max.findLast((value) => value !== null),
      256 * 2 ** 20,
    )
    const speed = series['write_speed']?.avg.findLast((value) => value !== null) ?? 0
    assert.ok(speed > 7000 && speed < 9500, `${speed}`)
  })

  it('are down-sampled as wanted, on whole steps', async () => {
    const now = Math.floor(Date.now() / 1000)
    const hour = await read(`zone?from=${now - 3600}&to=${now}&step=60&fields=cpu_usage`)
    assert.equal(hour.step, 60)
    assert.equal(hour.start % 60, 0)
    assert.ok(hour.points >= 60 && hour.points <= 61)
    const month = await read(`zone?from=${now - 30 * 86_400 + 60}&fields=cpu_usage`)
    assert.ok(month.step % 600 === 0 && month.points <= 721, `${month.step} ${month.points}`)
    assert.ok(month.series['cpu_usage']?.avg.some((value) => value !== null))
    const exact = await read(`zone?from=${now - 30 * 86_400 + 60}&step=600&fields=cpu_usage`)
    assert.ok(exact.points >= 4320 && exact.points <= 4321)
    const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 19).replace('T', ' ')
    assert.equal((await read(`zone?from=${encodeURIComponent(day)}&fields=cpu_usage`)).step, 600)
  })

  it('are refused with the field that is wrong', async () => {
    const now = Math.floor(Date.now() / 1000)
    for (const [query, field, says] of [
      [`from=${now}&to=${now - 5}`, 'from', /before/],
      [`from=${now + 500}`, 'from', /before now/],
      [`from=${now - 40 * 86_400}`, 'from', /30 days/],
      ['from=yesterday', 'from', /time/],
      ['to=2026-13-45', 'to', /time/],
      ['step=5', 'step', /10/],
      ['step=15', 'step', /multiple/],
      ['step=900', 'step', /600/],
      ['step=x', 'step', /whole/],
      [`from=${now - 7200}&step=60`, 'step', /last hour/],
      ['fields=cpu_usage,nonsense', 'fields', /cpu_usage, available_memory/],
    ] as const) {
      const answer = await world.call('GET', `/api/v1/figures/zone?${query}`)
      assert.equal(answer.status, 400, `${query}: ${answer.text}`)
      assert.equal(answer.field, field, query)
      assert.match(answer.message, says)
    }
  })

  it('are for whom the thing itself is for', async () => {
    for (const path of [
      'pools/nowhere',
      'cells/default/nobody',
      'guests/00000000-0000-4000-8000-000000000000',
    ])
      assert.equal((await world.call('GET', `/api/v1/figures/${path}`)).status, 404, path)
    const stranger = await world.as('alice')('GET', `/api/v1/figures/guests/${guest}`)
    assert.equal(stranger.status, 403, stranger.text)
    assert.equal((await world.as('alice')('GET', '/api/v1/figures/zone')).status, 200)
    assert.equal((await world.as(null)('GET', '/api/v1/figures/zone')).status, 401)
    assert.equal((await world.as(null)('GET', `/api/v1/figures/guests/${guest}`)).status, 401)
  })

  it('go with the guest', async () => {
    const id = await makeGuest(world, { name: 'brief', auto_start: true })
    await world.appliance.figures.look()
    await read(`guests/${id}`)
    await world.call('DELETE', `/instances/${id}`, { force: true })
    const gone = await world.call('DELETE', `/guests/${id}?wait=10`, {})
    assert.ok(gone.status === 200 || gone.status === 202, gone.text)
    assert.equal((await world.call('GET', `/api/v1/figures/guests/${id}`)).status, 404)
  })
})
