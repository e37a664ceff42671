import * as v from 'valibot'
import type { Guests } from '../../core/guests/guests.ts'
import { limits } from '../../core/guests/rules.ts'
import { type Operation, operation } from '../operation.ts'
import { changePath, tag } from './guest-paths.ts'
import { idParams } from './guest-schemas.ts'
import { launched } from './launched.ts'

const change = { method: 'PUT', status: [200, 202], access: 'guest.write' } as const

const rate = (description: string) =>
  v.optional(
    v.pipe(
      v.number('must be a number'),
      v.integer('must be a whole number'),
      v.minValue(0, 'must not be negative'),
      v.maxValue(limits.rate, `must be at most ${limits.rate}`),
      v.description(`${description}; 0 is unlimited, left out it stays.`),
    ),
  )

/** All take effect in the running instance at once. */
export const guestQosOperations = (guests: Guests): Operation[] => [
  operation({
    ...change,
    id: 'guest.set_cpu_priority',
    ...changePath('qos/cpu'),
    summary: 'Change the share of the CPU, also of a running instance',
    tag,
    params: idParams,
    body: v.object({ priority: v.picklist(['high', 'medium', 'low'], 'must be high, medium or low') }),
    async handle(op, { params, body }) {
      return launched(await guests.setCpuPriority(op, params.id, body.priority))
    },
  }),
  operation({
    ...change,
    id: 'guest.set_disk_rates',
    ...changePath('qos/disk'),
    summary: 'Change the limits of the disks, also of a running instance',
    tag,
    params: idParams,
    body: v.object({
      read_speed: rate('Bytes per second'),
      write_speed: rate('Bytes per second'),
      read_iops: rate('Operations per second'),
      write_iops: rate('Operations per second'),
      max_io: rate('Operations per second, read and written together'),
    }),
    async handle(op, { params, body }) {
      const rates = {
        readBytesPerSecond: body.read_speed,
        writeBytesPerSecond: body.write_speed,
        readIops: body.read_iops,
        writeIops: body.write_iops,
        totalIops: body.max_io,
      }
      return launched(await guests.setDiskRates(op, params.id, rates))
    },
  }),
  operation({
    ...change,
    id: 'guest.set_network_rates',
    ...changePath('qos/network'),
    summary: 'Change the limits of the network card, also of a running instance',
    tag,
    params: idParams,
    body: v.object({
      receive_speed: rate('Bytes per second that the guest receives'),
      send_speed: rate('Bytes per second that the guest sends'),
    }),
    async handle(op, { params, body }) {
      const rates = { receiveBytesPerSecond: body.receive_speed, sendBytesPerSecond: body.send_speed }
      return launched(await guests.setNetworkRates(op, params.id, rates))
    },
  }),
]
