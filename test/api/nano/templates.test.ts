import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { makeGuest, openTestAppliance, type TestAppliance } from '../../support/appliance.ts'

let world: TestAppliance
before(async () => {
  world = await openTestAppliance()
})
after(() => world.close())

const data = async <T>(path: string): Promise<T> => (await world.call('GET', path)).data as T

describe('templates', () => {
  it('are the five of the original and those of today, each with its devices', async () => {
    const templates = await data<{ id: string; name: string }[]>('/templates/')
    const names = templates.map(({ name }) => name)
    for (const name of ['CentOS 7', 'CentOS 6', 'Windows Server 2012', 'General', 'Legacy', 'Debian 13'])
      assert.ok(names.includes(name), name)
    assert.deepEqual(names, names.toSorted())
    const windows = await data<Record<string, unknown>>('/api/v1/templates/win11')
    assert.equal(windows['operating_system'], 'windows')
    assert.equal(windows['tpm'], true)
    assert.equal(windows['secure_boot'], true)
    assert.equal(windows['firmware'], 'uefi')
    assert.equal(windows['control'], 'vnc')
  })

  it('decide what a guest is made of, by id, name or system version', async () => {
    for (const [field, value] of [
      ['template', 'win2012'],
      ['template', 'Windows Server 2012'],
      ['system_version', 'win2012'],
    ]) {
      const id = await makeGuest(world, { name: `by-${field}-${value?.length}`, system: '', [field!]: value })
      const guest = await data<Record<string, unknown>>(`/guests/${id}`)
      assert.equal(guest['template'], 'win2012')
      assert.equal(guest['system'], 'windows')
    }
  })

  it('can be made, changed and deleted', async () => {
    const made = await world.call('POST', '/templates/', {
      name: 'FreeBSD 14',
      operating_system: 'linux',
      disk: 'scsi',
      network: 'e1000',
      usb: '',
      tablet: '',
    })
    assert.equal(made.status, 200, made.text)
    const { id } = made.data as { id: string }
    const before = await data<Record<string, unknown>>(`/templates/${id}`)
    assert.deepEqual(
      [before['disk'], before['network'], before['usb'], before['tablet']],
      ['scsi', 'e1000', '', ''],
    )
    assert.equal((await world.call('PUT', `/templates/${id}`, { display: 'virtio' })).status, 200)
    const after = await data<Record<string, unknown>>(`/templates/${id}`)
    assert.deepEqual([after['display'], after['disk']], ['virtio', 'scsi'])
    const guest = await makeGuest(world, { name: 'bsd', template: id })
    const refused = await world.call('DELETE', `/templates/${id}`)
    assert.equal(refused.status, 409)
    assert.match(refused.message, /\.bsd/)
    await world.call('DELETE', `/guests/${guest}`)
    assert.equal((await world.call('DELETE', `/templates/${id}`)).status, 200)
    assert.equal((await world.call('GET', `/templates/${id}`)).status, 404)
  })

  it('refuse what cannot be, naming the field', async () => {
    const wrong: [body: Record<string, unknown>, field: string][] = [
      [{}, 'name'],
      [{ name: ' ' }, 'name'],
      [{ name: 'Legacy' }, 'name'],
      [{ name: 'x', admin: 'a b' }, 'admin'],
      [{ name: 'x', disk: 'floppy' }, 'disk'],
      [{ name: 'x', disk: 'ide' }, 'disk'],
      [{ name: 'x', machine: 'pc', media: 'sata' }, 'media'],
      [{ name: 'x', control: 'spice' }, 'control'],
      [{ name: 'x', usb: '', tablet: 'usb' }, 'tablet'],
      [{ name: 'x', secure_boot: true }, 'secure_boot'],
      [{ name: 'x', machine: 'pc', media: 'ide', firmware: 'uefi' }, 'firmware'],
      [{ name: 'x', machine: 'pc', media: 'ide', tpm: true }, 'tpm'],
      [{ name: 'x', system_versions: ['a/b'] }, 'system_versions[0]'],
    ]
    for (const [body, field] of wrong) {
      const answer = await world.call('POST', '/templates/', body)
      assert.ok(answer.status >= 400 && answer.status < 500, answer.text)
      assert.equal(answer.field, field, answer.text)
    }
    const unknown = await world.call('POST', '/guests/', {
      owner: 'admin',
      group: 'manager',
      name: 'none',
      pool: 'default',
      cores: 1,
      memory: 128,
      disks: [64],
      template: 'os2',
    })
    assert.equal(unknown.status, 404, unknown.text)
    assert.equal(unknown.field, 'template')
  })
})
