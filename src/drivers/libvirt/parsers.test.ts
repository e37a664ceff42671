// What virsh 9.0.0 really printed, in test/fixtures/virsh/9.0.0 (test/fixtures/virsh/record.ts records it again).
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { virtioHardware } from '../../core/guests/hardware.ts'
import type { DomainSpec } from '../../core/hypervisor.ts'
import { CommandError } from '../exec.ts'
import { parseInterfaces } from './agent.ts'
import { parseNames, stateOf } from './domains.ts'
import { reading, says, understood } from './errors.ts'
import { parseEvent } from './events.ts'
import { parseMachine, parseVersions } from './facts.ts'
import { agentChannel, displayAddress, isLive, liveDisks, requireDisk } from './live-xml.ts'
import { restoredXml } from './saved-image.ts'
import { withoutBanner } from './serial.ts'
import { answer } from './session.ts'
import { snapshotXml } from './snapshots.ts'
import { parseStats, toStats } from './stats.ts'
import { escapeJson, parseBlockJob } from './virsh.ts'
import { attribute, child, children, parseXml, text } from './xml.ts'

const fixture = (name: string) =>
  readFile(new URL(`../../../test/fixtures/virsh/9.0.0/${name}`, import.meta.url), 'utf8')

const id = '66666666-6666-4666-8666-666666666666'
const name = "staff.it's a guest"

describe('recorded output of virsh', () => {
  it('names versions and the full machine type', async () => {
    assert.deepEqual(parseVersions(await fixture('version.txt')), {
      libvirtVersion: '9.0.0',
      qemuVersion: '7.2.22',
    })
    assert.equal(parseMachine(await fixture('domcapabilities.xml'), 'q35'), 'pc-q35-7.2')
  })

  it('lists ids with names, whatever is in the names', async () => {
    const found = parseNames(await fixture('list-uuid-name.txt'))
    assert.ok(found.some((domain) => domain.id === id && domain.name === name))
  })

  it('shows the display, the agent and the chain of a running guest', async () => {
    const xml = await fixture('dumpxml-live.xml')
    assert.equal(isLive(xml), true)
    const display = displayAddress(xml)
    assert.ok(
      display.kind === 'unix' && /^\/var\/lib\/libvirt\/qemu\/domain-\d+-.*vnc\.sock$/.test(display.path),
    )
    assert.equal(agentChannel(xml), 'connected')
    const disks = liveDisks(xml)
    assert.deepEqual(
      disks.map(({ target, device, readonly }) => [target, device, readonly]),
      [
        ['vda', 'disk', false],
        ['sda', 'cdrom', true],
        ['sdb', 'cdrom', true],
      ],
    )
    const files = disks[0]?.files ?? []
    assert.deepEqual(files.slice(0, 4), [
      '/pool/f3.qcow2',
      '/pool/f2.qcow2',
      '/pool/f1.qcow2',
      '/pool/f.qcow2',
    ])
    assert.equal(files.length, 5)
    assert.deepEqual(disks[1]?.files, [])
    requireDisk(xml, 'vda')
    assert.throws(() => requireDisk(xml, 'vdz'), { code: 'not_found' })
  })

  it('shows a guest without an agent, and one that does not run', async () => {
    assert.equal(agentChannel(await fixture('dumpxml-disconnected.xml')), 'disconnected')
    const stopped = await fixture('dumpxml-stopped.xml')
    assert.equal(isLive(stopped), false)
    assert.throws(() => displayAddress(stopped), { code: 'conflict' })
    assert.throws(() => requireDisk(stopped, 'vda'), { code: 'conflict' })
  })

  it('tells the figures of a guest', async () => {
    const one = parseStats(await fixture('domstats.txt')).find((domain) => domain.name === name)
    const stats = toStats(id, one?.figures ?? new Map())
    assert.equal(stats.state, 'running')
    assert.equal(stats.cores, 2)
    assert.equal(stats.memoryBytes, 256 * 1024 ** 2)
    assert.ok(stats.memoryAvailableBytes > 0 && stats.memoryAvailableBytes < stats.memoryBytes)
    assert.ok(stats.cpuTimeNs > 0 && stats.bytesRead > 0 && stats.readOperations > 0)
    assert.ok(stats.bytesReceived > 0 && stats.bytesSent > 0)
    assert.deepEqual(
      stats.disks.map(({ target, capacityBytes }) => [target, capacityBytes]),
      [['vda', 64 * 1024 ** 2]],
    )
  })

  it('tells of a block job, and of none', async () => {
    const job = parseBlockJob(await fixture('blockjob-raw.txt'))
    assert.equal(job?.type, 'Block Pull')
    assert.ok(job.endBytes >= 64 * 1024 ** 2 && job.currentBytes <= job.endBytes)
    assert.equal(parseBlockJob(await fixture('blockjob-none.txt')), null)
  })

  it('tells addresses without loopback and link-local ones', async () => {
    const { return: interfaces } = JSON.parse(await fixture('agent-interfaces.txt'))
    const found = parseInterfaces(interfaces)
    assert.equal(found.length, 1)
    assert.equal(found[0]?.mac, '52:54:00:00:00:66')
    assert.match(found[0]?.address ?? '', /^192\.168\.77\.\d+$/)
    assert.equal(found[0]?.prefix, 24)
  })

  it('tells events, each once', async () => {
    const events = (await fixture('event.txt')).split('\n').flatMap((line) => parseEvent(line) ?? [])
    const own = events.filter(({ domain }) => domain === name).map(({ kind, detail }) => `${kind}: ${detail}`)
    for (const wanted of [
      'lifecycle: Defined Added',
      'lifecycle: Started Booted',
      "agent: state: 'connected' reason: 'channel event'",
      'block-job: Block Pull for vda completed',
      'device: opened',
      'reboot: reboot',
      'lifecycle: Stopped Destroyed',
      'lifecycle: Undefined Removed',
    ])
      assert.equal(own.includes(wanted), true, `${wanted} is missing in ${own.join('\n')}`)
    // Libvirt tells each block job twice, by path and by target; the former is left out.
    assert.deepEqual(
      own.filter((event) => event.includes('/pool/')),
      [],
    )
    assert.equal(parseEvent('event loop timed out'), undefined)
    assert.equal(parseEvent('\toperation: 6'), undefined)
  })
})

describe('the definition in a memory image', () => {
  const spec = (path: string): DomainSpec => ({
    id,
    domainName: name,
    accelerator: 'tcg',
    machine: 'pc-q35-7.2',
    firmware: 'uefi',
    nvramPath: '/pool/other.fd',
    cores: 2,
    memoryBytes: 256 * 1024 ** 2,
    maxCores: 2,
    maxMemoryBytes: 256 * 1024 ** 2,
    hardware: virtioHardware,
    disks: [{ target: 'vda', source: { kind: 'file', path, format: 'qcow2' }, serial: 'disk-1' }],
    boot: 'disk',
    display: { kind: 'unix' },
  })

  it('keeps the devices and takes disks, media and UEFI variables from the guest', async () => {
    const saved = await fixture('save-image-dumpxml.xml')
    const changed = parseXml(restoredXml(saved, spec('/pool/new.qcow2')))
    const disks = children(child(changed, 'domain', 'devices'), 'disk')
    assert.equal(attribute(child(disks[0], 'source'), 'file'), '/pool/new.qcow2')
    assert.equal(child(disks[0], 'backingStore'), undefined)
    assert.equal(child(disks[2], 'source'), undefined)
    assert.equal(text(child(changed, 'domain', 'os', 'nvram')), '/pool/other.fd')
    const before = children(child(parseXml(saved), 'domain', 'devices'), 'controller')
    assert.deepEqual(children(child(changed, 'domain', 'devices'), 'controller'), before)
  })

  it('is refused for another guest, or one with other disks', async () => {
    const saved = await fixture('save-image-dumpxml.xml')
    const other = { ...spec('/pool/new.qcow2'), id: '11111111-1111-4111-8111-111111111111' }
    assert.throws(() => restoredXml(saved, other), { code: 'conflict' })
    assert.throws(() => restoredXml(saved, { ...spec('/pool/new.qcow2'), disks: [] }), { code: 'conflict' })
  })
})

describe('snapshots', () => {
  it('name each disk, so that libvirt chooses nothing by itself', () => {
    const disk = (target: string) => ({ target, device: 'disk', readonly: false, files: [] })
    const request = {
      disks: [{ target: 'vda', overlayPath: '/pool/o.qcow2' }],
      memoryPath: '/pool/m',
      quiesce: false,
    }
    const document = parseXml(snapshotXml([disk('vda'), disk('vdb')], request))
    const [vda, vdb] = children(child(document, 'domainsnapshot', 'disks'), 'disk')
    assert.equal(attribute(child(vda, 'source'), 'file'), '/pool/o.qcow2')
    assert.equal(attribute(vdb, 'snapshot'), 'no')
    assert.equal(attribute(child(document, 'domainsnapshot', 'memory'), 'file'), '/pool/m')
  })
})

describe('words of libvirt', () => {
  const failed = (stderr: string) =>
    new CommandError('virsh', ['start'], { exitCode: 1, signal: null, stdout: '', stderr })
  const table: [string, string, RegExp][] = [
    ["error: failed to get domain 'x'", 'not_found', /no such domain/],
    ['error: Requested operation is not valid: domain is not running', 'conflict', /not running/],
    ["error: cannot set up guest memory 'pc.ram': Cannot allocate memory", 'insufficient_capacity', /memory/],
    [
      "error: Cannot access storage file '/p/a.qcow2': No such file or directory",
      'unavailable',
      /\/p\/a\.qcow2/,
    ],
    [`error: Could not open '/p/a.qcow2': Permission denied`, 'unavailable', /libvirt-qemu.*namei.*AppArmor/],
    [
      'error: Failed to get "write" lock\nIs another process using the image [/p/a]?',
      'busy',
      /another process/,
    ],
    ["error: operation failed: domain 'a' already exists with uuid 1", 'conflict', /named 'a'/],
    ["error: Network not found: no network with matching name 'n'", 'unavailable', /'n' is not active/],
    [
      'error: Guest agent is not responding: QEMU guest agent is not connected',
      'unavailable',
      /install and start/,
    ],
    ['error: Timed out during operation: cannot acquire state change lock (held by x)', 'busy', /still busy/],
    [
      "error: failed to connect to the hypervisor\nerror: Failed to connect socket to '/x'",
      'unavailable',
      /restart/,
    ],
    [
      'error: Child process (tc qdisc add) Error: Specified qdisc kind is unknown.',
      'unsupported',
      /bandwidth/,
    ],
    ['error: invalid argument: invalid path vdq not assigned to domain', 'not_found', /no such disk/],
  ]
  for (const [words, code, message] of table)
    it(`become ${code}: ${words.slice(7, 60)}`, () => {
      const error = understood(failed(words)) as Error & { code: string }
      assert.equal(error.code, code)
      assert.match(error.message, message)
    })

  it('that are not understood stay as they are', () => {
    const error = failed('error: something new')
    assert.equal(understood(error), error)
    assert.equal(reading('error: something new'), undefined)
    assert.equal(says(error, /something/), true)
    assert.equal(says(understood(failed("error: failed to get domain 'x'")), /get domain/), true)
    assert.throws(() => stateOf('levitating'), /unknown domain state/)
  })
})

describe('small things', () => {
  it('JSON for the agent holds nothing that the parser of virsh would split', () => {
    const value = { text: `it's "q" \\ \n \t é ; $(x) €` }
    const escaped = escapeJson(value)
    assert.deepEqual(JSON.parse(escaped), value)
    assert.doesNotMatch(escaped, /['\s;$()]/)
  })

  it('an answer of the interactive virsh is cut out between the echoes', () => {
    const out = 'virsh # domstate 1\nrunning\n\nvirsh # echo --err m-1\nvirsh # '
    assert.equal(answer(out, 'domstate 1', 'm-1'), 'running\n\n')
    assert.equal(answer(`\nvirsh # ${out}`, 'domstate 1', 'm-1'), 'running\n\n')
    assert.equal(answer('virsh # list\nvirsh # echo --err m-1\n', 'list', 'm-1'), '')
  })

  it('the greeting of virsh console is not shown', () => {
    let feed: (data: string) => void = () => undefined
    const quiet = () => undefined
    const terminal = { write: quiet, resize: quiet, onExit: quiet, pause: quiet, resume: quiet, close: quiet }
    let shown = ''
    const onData = (listener: (data: string) => void) => {
      feed = listener
    }
    withoutBanner({ ...terminal, onData }, async () => undefined).onData((data) => {
      shown += data
    })
    for (const part of ["Connected to domain 'x'\r\nEscape char", 'acter is ^] (Ctrl + ])\r\nlog', 'in: '])
      feed(part)
    assert.equal(shown, 'login: ')
  })
})
