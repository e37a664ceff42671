// What a dry run shows: the command lines as they will run, what they take of a pool, and whom they touch.
import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import type { PlannedStep } from '../../../src/tasks/saga.ts'
import {
  guestBody,
  makeGuest,
  makeImage,
  openTestAppliance,
  type TestAppliance,
} from '../../support/appliance.ts'

let world: TestAppliance
before(async () => {
  world = await openTestAppliance()
})
after(() => world.close())

type Method = Parameters<TestAppliance['call']>[0]

async function plan(method: Method, path: string, body?: object): Promise<PlannedStep[]> {
  const answer = await world.call(method, `${path}?dry_run=true`, body)
  assert.equal(answer.status, 200, answer.text)
  return (answer.data as { plan: PlannedStep[] }).plan
}

const effectsOf = (steps: PlannedStep[], step: string) =>
  steps.find((one) => one.step === step)?.effects ?? assert.fail(`no step '${step}'`)
const linesOf = (steps: PlannedStep[], step: string) =>
  effectsOf(steps, step).flatMap(({ commands = [] }) => commands.map((words) => words.join(' ')))

it('a guest that is to be made: its clone, its entry, its definition', async () => {
  const image = await makeImage(world, 'disk', { sizeBytes: 2 ** 30 })
  const steps = await plan('POST', '/guests/', guestBody({ name: 'planned', from_image: image }))
  const [clone = ''] = linesOf(steps, 'disks')
  assert.match(
    clone,
    /^qemu-img create -q -f qcow2 -b \/simulated\/image-[\w-]+\.qcow2 -F qcow2 \/simulated\/disk-[\w-]+\.qcow2\.partial \d+$/,
  )
  const [disk] = effectsOf(steps, 'disks')
  assert.ok((disk?.space?.bytes ?? 0) > 0 && disk?.space?.pool === 'local', JSON.stringify(disk))
  assert.equal(linesOf(steps, 'address').length, 1)
  assert.deepEqual(linesOf(steps, 'define'), [
    'virsh -q -c qemu:///system nwfilter-define /dev/fd/3',
    'virsh -q -c qemu:///system define /dev/fd/3',
  ])
})

it('a running guest is named by what cuts it off', async () => {
  const id = await makeGuest(world, { name: 'cut' })
  const virsh = 'virsh -q -c qemu:///system'
  assert.deepEqual(linesOf(await plan('POST', `/instances/${id}`), 'start'), [
    `${virsh} nwfilter-define /dev/fd/3`,
    `${virsh} define /dev/fd/3`,
    `${virsh} start ${id}`,
  ])
  await world.call('POST', `/instances/${id}`)
  const steps = await plan('DELETE', `/guests/${id}`, { force: true })
  assert.deepEqual(linesOf(steps, 'stop'), [`${virsh} destroy ${id}`])
  assert.match(effectsOf(steps, 'stop')[0]?.affects?.[0] ?? '', /^running guest \w+\.cut: it is cut off/)
  assert.match(
    linesOf(steps, 'undefine').join('\n'),
    /undefine .* --keep-nvram --tpm --managed-save\n.*nwfilter-undefine /,
  )
  assert.match(effectsOf(steps, 'quarantine')[0]?.effect ?? '', /'disk-.*' on pool 'local' .*: a rename into/)
  const overlays = await plan('POST', `/instances/${id}/snapshots`, { name: 'one' })
  assert.match(linesOf(overlays, 'overlays').join(), /snapshot-create .* \/dev\/fd\/3 --no-metadata --atomic/)
})

it('the plan of a task that has ended is shown after its guest has gone', async () => {
  const id = await makeGuest(world, { name: 'gone' })
  await world.call('DELETE', `/guests/${id}`, { force: true })
  const { data } = await world.call('GET', `/tasks/?subject=guest:${id}`)
  const tasks = data as { id: string }[] | { tasks: { id: string }[] }
  const list = Array.isArray(tasks) ? tasks : tasks.tasks
  assert.ok(list.length >= 2)
  for (const task of list) assert.equal((await world.call('GET', `/tasks/${task.id}`)).status, 200)
})
