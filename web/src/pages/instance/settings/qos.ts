import type { GuestDetail } from '../use-guest.ts'

export const cpuPriorities = ['high', 'medium', 'low'] as const
export type CpuPriority = (typeof cpuPriorities)[number]

export const diskRates = ['read_speed', 'write_speed'] as const
export const diskOperations = ['read_iops', 'write_iops', 'max_io'] as const
export const networkRates = ['receive_speed', 'send_speed'] as const
export type Rate =
  | (typeof diskRates)[number]
  | (typeof diskOperations)[number]
  | (typeof networkRates)[number]

export interface Qos {
  priority: CpuPriority
  /** Bytes or operations per second; 0 is unlimited. */
  rates: Record<Rate, number>
}

/** What the API tells, where a limit that there is not is left out. */
export function qosOf({ qos }: Pick<GuestDetail, 'qos'>): Qos {
  const rate = (name: Rate) => Number(qos[name] ?? 0)
  return {
    priority: cpuPriorities.find((priority) => priority === qos['cpu_priority']) ?? 'high',
    rates: {
      read_speed: rate('read_speed'),
      write_speed: rate('write_speed'),
      read_iops: rate('read_iops'),
      write_iops: rate('write_iops'),
      max_io: rate('max_io'),
      receive_speed: rate('receive_speed'),
      send_speed: rate('send_speed'),
    },
  }
}

/** Of the named limits those that have changed; undefined where none has. */
export function changedRates(
  before: Qos,
  after: Qos,
  names: readonly Rate[],
): Partial<Record<Rate, number>> | undefined {
  const changed = names.filter((name) => before.rates[name] !== after.rates[name])
  if (changed.length === 0) return undefined
  return Object.fromEntries(changed.map((name) => [name, after.rates[name]]))
}
