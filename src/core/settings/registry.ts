import { isIP } from 'node:net'
import * as v from 'valibot'
import { parsePortRange } from '../guests/ports.ts'

interface Definition {
  schema: v.GenericSchema
  default: unknown
  description: string
  unit?: string
}

const whole = (minimum: number, maximum: number) =>
  v.pipe(
    v.number('must be a number'),
    v.integer('must be a whole number'),
    v.minValue(minimum, `must be at least ${minimum}`),
    v.maxValue(maximum, `must be at most ${maximum}`),
  )

const host = v.pipe(
  v.string(),
  v.regex(/^[\w.:[\]-]{1,255}$/, 'must be a host name or address, with or without :port'),
)

/** Every setting that the zone shares: what it may be, what it is when nobody set it, and what it means. */
export const settingDefinitions = {
  'password.min_length': {
    schema: whole(1, 128),
    default: 8,
    unit: 'characters',
    description: 'The least length of a new password. Passwords that are in use stay as they are.',
  },
  // Half an hour, not the original's three minutes: clients renew after a share of the `timeout` that the login tells
  // them, so any value suits them, while browsers stop the timers of hidden tabs and would be logged out.
  'session.timeout_seconds': {
    schema: whole(30, 30 * 24 * 3600),
    default: 1800,
    unit: 'seconds',
    description: 'A session ends when it was not used for so long.',
  },
  'quarantine.retention_days': {
    schema: whole(0, 3650),
    default: 7,
    unit: 'days',
    description: 'How long deleted disks and images can be undeleted, unless their room is needed before.',
  },
  'task.retention_days': {
    schema: whole(1, 3650),
    default: 30,
    unit: 'days',
    description: 'How long finished tasks are kept for reading.',
  },
  'vnc.listen': {
    schema: v.pipe(
      v.string(),
      v.check(
        (value) => value === '' || isIP(value) !== 0,
        'must be an IP address of this host, 0.0.0.0 or empty',
      ),
    ),
    default: '',
    description:
      'Address on which guests open a VNC port for outside viewers, guarded by their monitor secret; empty: only the ' +
      'web console reaches them. A guest follows with its next start.',
  },
  'callbacks.allow': {
    schema: v.pipe(v.array(host), v.maxLength(100)),
    default: [] as string[],
    description: 'Hosts (name or address, with or without :port) to which callbacks of tasks may be sent.',
  },
  'metrics.guests': {
    schema: v.boolean('must be true or false'),
    default: true,
    description: 'Whether /metrics tells of each running guest; ten series for each, of at most 2000 guests.',
  },
  'network.forward_ports': {
    schema: v.pipe(
      v.string('must be text'),
      v.check((value) => parsePortRange(value) !== undefined, 'must be two ports, e.g. 1024-65535'),
    ),
    default: '1024-65535',
    description:
      'Ports of a host that users may have forwarded to their guests; managers may take all. Forwards that are there stay.',
  },
  'batch.parallel': {
    schema: whole(1, 32),
    default: 4,
    unit: 'guests',
    description: 'How many guests of one batch are worked on at a time.',
  },
  'guest.max_cores': {
    schema: whole(1, 1024),
    default: 64,
    unit: 'cores',
    description: 'The most cores that a new guest may ask for.',
  },
  'guest.max_memory_gib': {
    schema: whole(1, 65536),
    default: 256,
    unit: 'GiB',
    description: 'The most memory that a new guest may ask for.',
  },
  'guest.memory_overcommit_percent': {
    schema: whole(10, 1000),
    default: 100,
    unit: '%',
    description:
      "How much of a host's memory running guests may have together, a reserve for the host aside (a tenth, at most 1 GiB). " +
      'Above 100 it relies on guests that do not use all of theirs.',
  },
  'guest.max_disk_gib': {
    schema: whole(1, 1048576),
    default: 4096,
    unit: 'GiB',
    description: 'The largest disk that a guest may ask for.',
  },
  'host.shutdown_timeout_s': {
    schema: whole(10, 3600),
    default: 180,
    unit: 'seconds',
    description:
      'How long the guests of a host that goes down have to stop, all together; what still runs then is ended.',
  },
  'host.start_parallel': {
    schema: whole(1, 64),
    default: 2,
    unit: 'guests',
    description: 'How many guests are started at a time when their host has booted.',
  },
} as const satisfies Record<string, Definition>

export type SettingName = keyof typeof settingDefinitions
export type SettingValue<N extends SettingName> = v.InferOutput<(typeof settingDefinitions)[N]['schema']>

export const isSettingName = (name: string): name is SettingName => Object.hasOwn(settingDefinitions, name)
