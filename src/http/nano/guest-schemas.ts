import * as v from 'valibot'
import type { GuestRequest } from '../../core/guests/guest.ts'
import { unlimitedQos } from '../../core/guests/guest.ts'
import { limits } from '../../core/guests/rules.ts'

const mebibyte = 1 << 20

const text = (description: string) => v.pipe(v.string('must be text'), v.description(description))
/** What is looked up and told back when it is not there. */
const name = (description: string) =>
  v.pipe(
    v.string('must be text'),
    v.maxLength(256, 'must be at most 256 characters'),
    v.description(description),
  )
const flag = (description: string) => v.pipe(v.boolean('must be true or false'), v.description(description))
const whole = (description: string) =>
  v.pipe(
    v.number('must be a number'),
    v.integer('must be a whole number'),
    v.minValue(0, 'must not be negative'),
    v.description(description),
  )
const rate = (description: string) =>
  v.pipe(whole(`${description}; 0 is unlimited.`), v.maxValue(limits.rate, `must be at most ${limits.rate}`))
const size = (description: string) => whole(`${description}; bytes, or MiB where the number is below 1048576`)

export const idParams = v.object({ id: text('Id of the guest (a UUID).') })

const cloudInit = v.object({
  root_enabled: v.optional(flag('Whether root may log in by SSH; on by default.'), true),
  admin_name: v.optional(text('Name of the first user; root when left out.'), 'root'),
  admin_secret: v.optional(text('Password in plain text; made when left out.')),
  data_path: v.optional(text('Where the first data disk is mounted.'), '/opt/data'),
  ssh_keys: v.optional(v.array(text('A line of authorized_keys.'), 'must be a list of keys'), []),
})

export const guestTags = v.pipe(
  v.array(text('1 to 64 characters, no comma.'), 'must be a list of texts'),
  v.description(`Words to find it by, at most ${limits.tags}.`),
)

const priorities = ['high', 'medium', 'low'] as const

const qos = v.object({
  cpu_priority: v.optional(v.picklist(priorities, 'must be high, medium or low'), 'high'),
  read_speed: v.optional(rate('Bytes per second'), 0),
  write_speed: v.optional(rate('Bytes per second'), 0),
  read_iops: v.optional(rate('Operations per second'), 0),
  write_iops: v.optional(rate('Operations per second'), 0),
  receive_speed: v.optional(rate('Bytes per second'), 0),
  send_speed: v.optional(rate('Bytes per second'), 0),
})

/** Every field of the document, and what newer clients and Nacelle add. */
export const createBody = v.pipe(
  v.object({
    name: text('Display name, unique within the group.'),
    owner: name('User that owns it.'),
    group: name('User group that shares it.'),
    pool: name('Compute pool.'),
    cores: v.pipe(v.number('must be a number'), v.description('Virtual CPU cores.')),
    memory: size('Memory'),
    disks: v.pipe(
      v.array(size('Size of a disk'), 'must be a list of sizes'),
      v.description('System disk, data disks…'),
    ),
    auto_start: v.optional(flag('Start right after creation and with the host.'), false),
    system: v.optional(text('linux, windows…; as the template says when left out.'), ''),
    template: v.optional(text('Id or name of a template.')),
    system_version: v.optional(text('E.g. centos7, win2012.'), ''),
    firmware: v.optional(
      v.pipe(
        v.picklist(['bios', 'uefi'], 'must be bios or uefi'),
        v.description('As the template says when left out.'),
      ),
    ),
    start_priority: v.optional(
      v.pipe(whole('0–100; higher ones start first with the host.'), v.maxValue(100, 'must be at most 100')),
      50,
    ),
    start_delay: v.optional(
      v.pipe(
        whole('Seconds to wait after its start before the next guest is started, with the host.'),
        v.maxValue(3600, 'must be at most 3600'),
      ),
      0,
    ),
    network_address: v.optional(name('Address to be given; a free one when left out.')),
    ethernet_address: v.optional(name('MAC to be given; made when left out.')),
    from_image: v.optional(name('Id of the disk image to clone; empty for none.')),
    ports: v.optional(
      v.array(whole('Port of the guest to reach from outside.'), 'must be a list of ports'),
      [],
    ),
    security_policy_group: v.optional(name('Id of a security policy group; empty for none.')),
    cpu_priority: v.optional(
      v.pipe(
        v.picklist([0, 1, 2], 'must be 0 (high), 1 (medium) or 2 (low)'),
        v.description('0 high, 1 medium, 2 low.'),
      ),
    ),
    max_io: v.optional(rate('Operations per second of each disk'), 0),
    inbound: v.optional(rate('Bytes per second that the guest receives'), 0),
    outbound: v.optional(rate('Bytes per second that the guest sends'), 0),
    qos: v.optional(qos),
    modules: v.optional(v.array(text('qemu or cloud-init.'), 'must be a list'), []),
    tags: v.optional(guestTags, []),
    cloud_init: v.optional(cloudInit),
  }),
  v.metadata({ ref: 'GuestCreate' }),
)

const bytesOf = (value: number) => (value < mebibyte ? value * mebibyte : value)
const given = (value: string | undefined) => (value ? value : undefined)

/** The wire's words to core's. */
export function guestRequest(body: v.InferOutput<typeof createBody>): GuestRequest {
  return {
    name: body.name,
    owner: body.owner,
    group: body.group,
    pool: body.pool,
    cores: body.cores,
    memoryBytes: bytesOf(body.memory),
    diskBytes: body.disks.map(bytesOf),
    autoStart: body.auto_start,
    system: body.system,
    systemVersion: body.system_version,
    template: given(body.template),
    firmware: body.firmware,
    startPriority: body.start_priority,
    startDelaySeconds: body.start_delay,
    fromImage: given(body.from_image),
    networkAddress: given(body.network_address),
    ethernetAddress: given(body.ethernet_address),
    ports: body.ports,
    securityPolicyGroup: given(body.security_policy_group),
    modules: body.modules,
    tags: body.tags,
    cloudInit: body.cloud_init && {
      rootEnabled: body.cloud_init.root_enabled,
      adminName: body.cloud_init.admin_name,
      adminSecret: given(body.cloud_init.admin_secret),
      dataPath: body.cloud_init.data_path,
      sshKeys: body.cloud_init.ssh_keys,
    },
    qos: qosOf(body),
  }
}

/** The document's flat figures, and over them those of newer clients. */
function qosOf(body: v.InferOutput<typeof createBody>): GuestRequest['qos'] {
  const flat = {
    ...unlimitedQos,
    cpuPriority: priorities[body.cpu_priority ?? 0] ?? 'high',
    totalIops: body.max_io,
    receiveBytesPerSecond: body.inbound,
    sendBytesPerSecond: body.outbound,
  }
  if (!body.qos) return flat
  return {
    ...flat,
    cpuPriority: body.qos.cpu_priority,
    readBytesPerSecond: body.qos.read_speed,
    writeBytesPerSecond: body.qos.write_speed,
    readIops: body.qos.read_iops,
    writeIops: body.qos.write_iops,
    receiveBytesPerSecond: body.qos.receive_speed || flat.receiveBytesPerSecond,
    sendBytesPerSecond: body.qos.send_speed || flat.sendBytesPerSecond,
  }
}

const addresses = v.object({
  network_address: v.optional(v.string()),
  display_address: v.string(),
  allocated_address: v.optional(v.string()),
})

const guestEntries = {
  name: v.pipe(v.string(), v.description('group.name')),
  id: v.string(),
  created: v.boolean(),
  progress: v.pipe(v.number(), v.description('Of the creation, 0–100.')),
  running: v.boolean(),
  lost: v.optional(v.boolean()),
  owner: v.string(),
  group: v.string(),
  pool: v.string(),
  cell: v.string(),
  host: v.pipe(v.string(), v.description('Address of the cell.')),
  cores: v.number(),
  memory: v.pipe(v.number(), v.description('Bytes.')),
  total_disk: v.pipe(v.number(), v.description('Bytes.')),
  disks: v.array(v.number()),
  auto_start: v.boolean(),
  system: v.string(),
  system_version: v.string(),
  template: v.optional(v.pipe(v.string(), v.description('Id of the template that it was made by.'))),
  start_priority: v.number(),
  start_delay: v.pipe(v.number(), v.description('Seconds.')),
  modules: v.array(v.string()),
  tags: v.array(v.string()),
  firmware: v.string(),
  state: v.pipe(v.string(), v.description('As the hypervisor says: stopped, running, paused, crashed…')),
  state_reason: v.optional(
    v.pipe(v.string(), v.description("Of a paused one: why, e.g. `storage pool 'local' is full`.")),
  ),
  ethernet_address: v.string(),
  display_protocol: v.string(),
  internal: addresses,
  external: addresses,
  ports: v.array(v.object({ guest: v.number(), host: v.number() })),
  security_policy_group: v.optional(v.pipe(v.string(), v.description('Id of its security policy group.'))),
  create_time: v.string(),
  media_attached: v.boolean(),
  media_source: v.optional(v.string()),
  qos: v.record(v.string(), v.union([v.string(), v.number()])),
}

export const guestReply = v.pipe(v.object(guestEntries), v.metadata({ ref: 'Guest' }))

export const guestDetailReply = v.pipe(
  v.object({
    ...guestEntries,
    monitor_secret: v.string(),
    max_cores: v.pipe(v.number(), v.description('To how many an instance that starts now can grow.')),
    max_memory: v.pipe(v.number(), v.description('The same of its memory, in bytes.')),
    cloud_init: v.optional(
      v.pipe(
        v.object({
          root_enabled: v.boolean(),
          admin_name: v.string(),
          data_path: v.string(),
          ssh_keys: v.array(v.string()),
        }),
        v.description('What cloud-init was told, without the password.'),
      ),
    ),
  }),
  v.metadata({ ref: 'GuestDetail' }),
)

export const diskReply = v.pipe(
  v.object({
    index: v.pipe(v.number(), v.description('0 is the system disk.')),
    size: v.pipe(v.number(), v.description('Bytes, as the guest sees it.')),
    used: v.pipe(
      v.nullable(v.number()),
      v.description(
        'Bytes that it takes on its pool, snapshots included and the image below left out; null where the pool does not tell now.',
      ),
    ),
    pool: v.pipe(v.string(), v.description('Storage pool.')),
    volume: v.pipe(v.string(), v.description('Name of its volume there.')),
    format: v.string(),
    layers: v.pipe(v.number(), v.description('How many volumes it is made of.')),
    image: v.pipe(
      v.nullable(v.object({ id: v.string(), name: v.string() })),
      v.description('The disk image that it stands on.'),
    ),
    online_resize: v.pipe(v.boolean(), v.description('Whether it can grow while the guest runs.')),
    compactable: v.pipe(
      v.boolean(),
      v.description('Whether what is free in it can be given back to the pool.'),
    ),
  }),
  v.metadata({ ref: 'GuestDisk' }),
)

export const creatingReply = v.pipe(
  v.object({ name: v.string(), created: v.literal(false), progress: v.number() }),
  v.metadata({ ref: 'GuestCreating' }),
)

const speed = (description: string) =>
  v.pipe(v.number(), v.description(`${description}, in bytes per second.`))

const instanceEntries = {
  ...guestEntries,
  cpu_usage: v.pipe(v.number(), v.description('Percent of all its cores.')),
  memory_available: v.number(),
  disk_available: v.number(),
  bytes_read: v.number(),
  bytes_written: v.number(),
  bytes_received: v.number(),
  bytes_sent: v.number(),
  read_speed: speed('Read from its disks'),
  write_speed: speed('Written to its disks'),
  receive_speed: speed('Received from the network'),
  send_speed: speed('Sent to the network'),
}

export const instanceReply = v.pipe(v.object(instanceEntries), v.metadata({ ref: 'Instance' }))

export const instanceStatusReply = v.pipe(
  v.object({ ...instanceEntries, monitor_secret: v.string() }),
  v.metadata({ ref: 'InstanceStatus' }),
)
