import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createMetrics } from '../../src/http/metrics.ts'
import { gauges } from '../../src/main/gauges.ts'
import { makeGuest, openTestAppliance, type TestAppliance } from '../support/appliance.ts'

let world: TestAppliance
let guest = ''
before(async () => {
  world = await openTestAppliance()
  guest = await makeGuest(world, { name: 'measured', auto_start: true })
  await makeGuest(world, { name: 'rests' })
  await world.appliance.figures.look()
  await new Promise((resolve) => setTimeout(resolve, 600))
  await world.appliance.figures.look()
})
after(() => world.close())

const scrape = () => createMetrics(gauges(world.appliance)).registry.metrics()

const figureOf = (text: string, series: string) =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.slice(series.length + 1),
  )

describe('metrics of figures', () => {
  it('tell of the cell, in base units', async () => {
    const text = await scrape()
    const cell = (name: string) => figureOf(text, `nacelle_cell_${name}{cell="here"}`)
    assert.equal(cell('cpu_cores'), 8)
    assert.equal(cell('cpu_usage_ratio'), 0.25)
    assert.equal(cell('memory_bytes'), 64 * 2 ** 30)
    assert.equal(cell('memory_available_bytes'), 48 * 2 ** 30)
    for (const name of ['storage_bytes', 'disk_read_bytes_total', 'network_transmit_bytes_total'])
      assert.ok(cell(name) > 0, name)
  })

  it('tell of running guests by id and name', async () => {
    const text = await scrape()
    const series = (name: string) => `nacelle_guest_${name}{guest="${guest}",name="manager.measured"}`
    assert.ok(figureOf(text, series('cpu_seconds_total')) > 0)
    assert.equal(figureOf(text, series('memory_bytes')), 512 * 2 ** 20)
    assert.ok(figureOf(text, series('disk_written_bytes_total')) > 0)
    assert.doesNotMatch(text, /manager\.rests/)
  })

  it('keep the conventions: counters end in _total, and nothing else does', async () => {
    const types = [...(await scrape()).matchAll(/^# TYPE (nacelle_(?:cell|guest|sampler)\S+) (\S+)$/gm)]
    assert.ok(types.length >= 25)
    for (const [, name = '', type] of types)
      assert.equal(type, name.endsWith('_total') ? 'counter' : 'gauge', name)
  })

  it('tell how often is looked and what it costs', async () => {
    const text = await scrape()
    assert.ok(figureOf(text, 'nacelle_sampler_looks_total') >= 2)
    assert.equal(figureOf(text, 'nacelle_sampler_failures_total'), 0)
    assert.ok(figureOf(text, 'nacelle_sampler_interval_seconds') >= 2)
    assert.ok(figureOf(text, 'nacelle_sampler_cost_ratio') <= 0.05)
  })

  it('leave guests out where the setting says so', async () => {
    await world.call('PUT', '/settings/metrics.guests', { value: false })
    assert.doesNotMatch(await scrape(), /nacelle_guest_\w+\{/)
    assert.equal((await world.call('PUT', '/api/v1/settings/metrics.guests', { value: 'off' })).status, 400)
    await world.call('PUT', '/settings/metrics.guests', { value: true })
    assert.match(await scrape(), /nacelle_guest_\w+\{/)
  })
})
