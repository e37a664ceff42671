// What can be changed in a domain while it runs.
import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '../../core/context.ts'
import { AppError } from '../../core/errors.ts'
import type { Adjustable, DomainSpec, LiveSize } from '../../core/hypervisor.ts'
import { agentAnswers } from './agent.ts'
import { graphicsElement } from './domain-xml.ts'
import { says } from './errors.ts'
import { bandwidthArguments, cpuShares, diskRateArguments } from './rates.ts'
import { assertUuid } from './session.ts'
import { call, type Virsh } from './virsh.ts'
import * as words from './words.ts'
import { attribute, buildXml, child, children, type Element, parseXml, text } from './xml.ts'

const kibibyte = 1024

/** Throws `conflict` for a domain that does not run. */
export async function liveSize(virsh: Virsh, id: string): Promise<LiveSize> {
  return parseLiveSize(await virsh.reader.read({ words: 'dumpxml', id }))
}

export function parseLiveSize(xml: string): LiveSize {
  const domain = child(parseXml(xml), 'domain')
  if (attribute(domain, 'id') === undefined) throw new AppError('conflict', 'the guest is not running')
  const vcpu = leaf(domain, 'vcpu')
  const maxCores = Number(text(vcpu))
  const memoryBytes = bytesOf(leaf(domain, 'memory'))
  return {
    cores: Number(attribute(vcpu, 'current') ?? maxCores),
    maxCores,
    memoryBytes,
    givenMemoryBytes: bytesOf(leaf(domain, 'currentMemory')) || memoryBytes,
    maxMemoryBytes: bytesOf(leaf(domain, 'maxMemory')) || memoryBytes,
  }
}

const leaf = (parent: Element | undefined, name: string) => children(parent, name)[0]

/** Libvirt shows sizes in KiB. */
const bytesOf = (element: Element | undefined) => Number(text(element) || 0) * kibibyte

export function createAdjust(virsh: Virsh, log: Log) {
  const adjustments: Record<Adjustable, (spec: DomainSpec) => Promise<void>> = {
    cores: (spec) => setCores(virsh, spec),
    memory: (spec) => setMemory(virsh, spec),
    cpuPriority: (spec) => setCpuWeight(virsh, spec, log),
    diskRates: (spec) => setDiskRates(virsh, spec),
    networkRates: (spec) => setNetworkRates(virsh, spec),
    display: (spec) => setDisplayPassword(virsh, spec),
  }
  return (spec: DomainSpec, what: Adjustable): Promise<void> => adjustments[what](spec)
}

async function setCores(virsh: Virsh, { id, cores }: DomainSpec): Promise<void> {
  const present = (await liveSize(virsh, id)).cores
  if (present === cores) return
  try {
    await call(virsh, words.setCoresWords(assertUuid(id), cores, '--live'))
  } catch (error) {
    if (cores > present || !says(error, /unplug|hotpluggable|offline/i)) throw error
    throw new AppError('unsupported', `the guest does not give up the cores that it was started with`, {
      field: 'immediate',
      cause: error,
    })
  }
  // Most systems leave a new core alone until somebody switches it on.
  if (cores > present && (await agentAnswers(virsh, id)))
    await call(virsh, words.setCoresWords(assertUuid(id), cores, '--guest')).catch(() => undefined)
}

const balloonPollMs = 200
const balloonPatienceMs = 10_000

/** Grows by plugging modules, and gives or takes the rest by the balloon. */
async function setMemory(virsh: Virsh, { id, memoryBytes }: DomainSpec): Promise<void> {
  const present = await liveSize(virsh, id)
  if (memoryBytes > present.memoryBytes) await plugMemory(virsh, id, memoryBytes - present.memoryBytes)
  const size = await liveSize(virsh, id)
  if (size.givenMemoryBytes === memoryBytes) return
  await call(virsh, words.setMemoryWords(assertUuid(id), memoryBytes))
  const deadline = performance.now() + balloonPatienceMs
  while ((await liveSize(virsh, id)).givenMemoryBytes !== memoryBytes) {
    if (performance.now() > deadline)
      throw new AppError(
        'unavailable',
        'the guest has not given the memory back: its balloon driver does not answer, or it needs what it has',
        { field: 'immediate' },
      )
    await delay(balloonPollMs)
  }
}

const plugMemory = (virsh: Virsh, id: string, bytes: number) =>
  attachDevice(virsh, id, {
    memory: {
      '@model': 'dimm',
      target: { size: { '@unit': 'b', '#text': String(bytes) }, node: '0' },
    },
  })

async function attachDevice(virsh: Virsh, id: string, device: Element): Promise<void> {
  await call(virsh, words.attachDeviceWords(assertUuid(id)), { inputs: [buildXml(device)] })
}

async function setCpuWeight(virsh: Virsh, { id, qos }: DomainSpec, log: Log): Promise<void> {
  try {
    await call(virsh, words.cpuSharesWords(assertUuid(id), cpuShares(qos)))
  } catch (error) {
    // As at the start: containers and hosts without cgroups have no weights.
    if (!says(error, /cgroup|CPU tuning|not available/i)) throw error
    log.warn({ domain: id }, 'libvirt has no cgroups here, so CPU priorities have no effect')
  }
}

async function setDiskRates(virsh: Virsh, { id, disks, qos }: DomainSpec): Promise<void> {
  for (const { target } of disks)
    await call(virsh, words.diskRateWords(assertUuid(id), target, diskRateArguments(qos)))
}

async function setNetworkRates(virsh: Virsh, { id, network, qos }: DomainSpec): Promise<void> {
  if (!network) return
  await call(virsh, words.networkRateWords(assertUuid(id), network.mac, bandwidthArguments(qos)))
}

/** On a unix socket nobody is asked for a password. */
async function setDisplayPassword(virsh: Virsh, { id, display }: DomainSpec): Promise<void> {
  if (display.kind === 'unix') return
  const xml = buildXml({ graphics: graphicsElement(display) })
  await call(virsh, words.updateDeviceWords(assertUuid(id)), { inputs: [xml] })
}
