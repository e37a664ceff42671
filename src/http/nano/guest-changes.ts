import * as v from 'valibot'
import type { Guests } from '../../core/guests/guests.ts'
import { type Operation, operation } from '../operation.ts'
import { changePath, tag } from './guest-paths.ts'
import { guestTags, idParams } from './guest-schemas.ts'
import { launched } from './launched.ts'

const flag = (description: string) => v.pipe(v.boolean('must be true or false'), v.description(description))
const immediate = v.optional(flag('Take effect in the running instance.'), false)

const change = { method: 'PUT', status: [200, 202], access: 'guest.write' } as const

const diskParams = v.object({
  ...idParams.entries,
  index: v.pipe(
    v.string(),
    v.regex(/^\d{1,2}$/, 'must be the number of a disk: 0 is the system disk'),
    v.transform(Number),
    v.description('0 is the system disk.'),
  ),
})

export const guestChangeOperations = (guests: Guests): Operation[] => [
  operation({
    ...change,
    id: 'guest.set_cores',
    ...changePath('cores'),
    summary: 'Change the cores',
    tag,
    params: idParams,
    body: v.object({ cores: v.number('must be a number'), immediate }),
    handle: async (op, { params, body }) => launched(await guests.setCores(op, params.id, body)),
  }),
  operation({
    ...change,
    id: 'guest.set_memory',
    ...changePath('memory'),
    summary: 'Change the memory (bytes)',
    tag,
    params: idParams,
    body: v.object({ memory: v.pipe(v.number('must be a number'), v.description('Bytes.')), immediate }),
    async handle(op, { params, body }) {
      const request = { memoryBytes: body.memory, immediate: body.immediate }
      return launched(await guests.setMemory(op, params.id, request))
    },
  }),
  operation({
    ...change,
    id: 'guest.resize_disk',
    ...changePath('disks/resize/:index'),
    summary: 'Grow a disk',
    tag,
    params: diskParams,
    body: v.object({ size: v.pipe(v.number('must be a number'), v.description('Bytes.')), immediate }),
    async handle(op, { params, body }) {
      const request = { index: params.index, sizeBytes: body.size, immediate: body.immediate }
      return launched(await guests.resizeDisk(op, params.id, request))
    },
  }),
  operation({
    ...change,
    id: 'guest.shrink_disk',
    ...changePath('disks/shrink/:index'),
    summary: 'Give back what a disk holds and does not use; its size stays',
    tag,
    params: diskParams,
    body: v.object({ immediate }),
    async handle(op, { params, body }) {
      const request = { index: params.index, immediate: body.immediate }
      return launched(await guests.shrinkDisk(op, params.id, request))
    },
  }),
  operation({
    ...change,
    id: 'guest.reset_system',
    ...changePath('system'),
    summary: 'Put a fresh clone of an image in the place of the system disk; poll the guest',
    tag,
    params: idParams,
    body: v.object({ from_image: v.pipe(v.string('must be text'), v.description('Id of the disk image.')) }),
    async handle(op, { params, body }) {
      return launched(await guests.resetSystem(op, params.id, body.from_image))
    },
  }),
  operation({
    ...change,
    id: 'guest.rename',
    ...changePath('name'),
    summary: 'Rename a stopped guest',
    tag,
    params: idParams,
    body: v.object({ name: v.string('must be text') }),
    handle: async (op, { params, body }) => launched(await guests.rename(op, params.id, body.name)),
  }),
  operation({
    ...change,
    id: 'guest.set_auto_start',
    ...changePath('auto_start'),
    summary: 'Start with the host, or not; what is left out stays',
    tag,
    params: idParams,
    body: v.object({
      enable: flag('Whether it starts with the host.'),
      start_priority: v.optional(
        v.pipe(v.number('must be a number'), v.description('0–100; higher ones start first.')),
      ),
      start_delay: v.optional(
        v.pipe(v.number('must be a number'), v.description('Seconds until the next guest is started.')),
      ),
    }),
    async handle(op, { params, body }) {
      const wanted = {
        enable: body.enable,
        startPriority: body.start_priority,
        startDelaySeconds: body.start_delay,
      }
      return launched(await guests.setAutoStart(op, params.id, wanted))
    },
  }),
  operation({
    ...change,
    id: 'guest.set_tags',
    ...changePath('tags'),
    summary: 'Words to find it by, in place of those that it has',
    tag,
    params: idParams,
    body: v.object({ tags: guestTags }),
    handle: async (op, { params, body }) => launched(await guests.setTags(op, params.id, body.tags)),
  }),
  operation({
    ...change,
    id: 'guest.renew_monitor_secret',
    ...changePath('monitor/secret'),
    summary: 'A new secret for the console',
    tag,
    params: idParams,
    access: 'guest.secret',
    handle: async (op, { params }) => launched(await guests.renewMonitorSecret(op, params.id)),
  }),
  operation({
    id: 'guest.set_password',
    method: 'PUT',
    ...changePath('auth'),
    summary: 'Set a password inside the running guest through its agent',
    tag,
    params: idParams,
    body: v.object({
      password: v.optional(v.string('must be text')),
      user: v.optional(v.string('must be text')),
    }),
    reply: v.object({ user: v.string(), password: v.string() }),
    status: [200, 202],
    access: 'guest.secret',
    async handle(op, { params, body }) {
      const outcome = await guests.setPassword(op, params.id, body)
      return launched(outcome, { data: { user: outcome.user, password: outcome.password } })
    },
  }),
  operation({
    id: 'guest.get_password',
    method: 'GET',
    ...changePath('auth'),
    summary: 'The password that was last set; each reading is journalled',
    tag,
    params: idParams,
    reply: v.object({ user: v.optional(v.string()), password: v.optional(v.string()) }),
    access: 'guest.secret',
    handle: async (op, { params }) => ({ data: await guests.password(op, params.id) }),
  }),
]
