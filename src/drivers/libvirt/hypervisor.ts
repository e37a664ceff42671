// Libvirt and QEMU, as core wants a hypervisor.
import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '../../core/context.ts'
import { AppError } from '../../core/errors.ts'
import type { DiskSource, Hypervisor, HypervisorFacts } from '../../core/hypervisor.ts'
import { createAdjust, liveSize } from './adjust.ts'
import { createAgent } from './agent.ts'
import { createCommands } from './commands.ts'
import { mediaAlias, mediaXml } from './disk-xml.ts'
import { createDomains } from './domains.ts'
import { says } from './errors.ts'
import { watchEvents } from './events.ts'
import { probeFacts } from './facts.ts'
import { createForeign } from './foreign.ts'
import { displayAddress, mediaBus, requireDisk } from './live-xml.ts'
import { createNwfilters, withFilters } from './nwfilters.ts'
import { openSerial } from './serial.ts'
import { openReadSession } from './session.ts'
import { createLiveSnapshots } from './snapshots.ts'
import { stateReason } from './state-reason.ts'
import { domainStats } from './stats.ts'
import { blockCapacity, blockResize, deviceUpdate, openTray, type Virsh } from './virsh.ts'

export interface LibvirtHypervisor extends Hypervisor {
  /** Ends the long-lived processes. */
  close(): Promise<void>
}

/** `uri` is libvirt's, e.g. `qemu:///system`. Nothing is started before the first call. */
export function createLibvirt(options: { uri: string; log: Log }): LibvirtHypervisor {
  const virsh: Virsh = { uri: options.uri, reader: openReadSession(options.uri) }
  const sessions = { reader: virsh.reader, figures: openReadSession(options.uri) }
  const domains = createDomains(virsh, options.log)
  const filters = createNwfilters(virsh)
  let facts: Promise<HypervisorFacts> | undefined
  return {
    ...domains,
    ...withFilters(domains, filters),
    filters,
    facts() {
      facts ??= probeFacts(virsh).catch((error: unknown) => {
        facts = undefined
        throw error
      })
      return facts
    },
    stateReason: (id) => stateReason(virsh, id),
    // Only `--security-info` would show passwords.
    definition: (id) => virsh.reader.read({ words: 'dumpxml', id }),
    stats: (ids) => domainStats(sessions, ids),
    changeMedia: (id, source) => changeMedia(virsh, id, source),
    liveSize: (id) => liveSize(virsh, id),
    adjust: createAdjust(virsh, options.log),
    resizeDisk: (id, target, sizeBytes) => resizeDisk(virsh, { id, target, sizeBytes }),
    display: async (id) => displayAddress(await virsh.reader.read({ words: 'dumpxml', id })),
    serial: (id, size) => openSerial(virsh, id, size),
    agent: createAgent(virsh),
    commands: createCommands(options.uri),
    snapshots: createLiveSnapshots(virsh),
    foreign: createForeign(virsh),
    watch: (listener, signal, log) => watchEvents(virsh, listener, signal, log),
    async close() {
      await Promise.all([sessions.reader.close(), sessions.figures.close()])
    },
  }
}

const trayAttempts = 5
const trayPauseMs = 300

async function changeMedia(virsh: Virsh, id: string, source: DiskSource | null): Promise<void> {
  const bus = mediaBus(await virsh.reader.read({ words: 'dumpxml', id }))
  const xml = mediaXml(bus, source)
  for (let attempt = 1; ; attempt++) {
    try {
      // From the second time on by force: the medium is read-only, so taking it from a guest that holds it loses
      // nothing.
      return await deviceUpdate(virsh, id, xml, attempt > 1)
    } catch (error) {
      if (attempt === trayAttempts || !says(error, /tray|locked/i)) throw error
      // A reset of the controller closes the tray without a word; libvirt, which has seen it open, does not ask again.
      if (says(error, /Tray of device '[^']*' is not open/)) await openTray(virsh, id, mediaAlias(bus))
      else await delay(trayPauseMs)
    }
  }
}

async function resizeDisk(
  virsh: Virsh,
  disk: { id: string; target: string; sizeBytes: number },
): Promise<void> {
  const { id, target, sizeBytes } = disk
  requireDisk(await virsh.reader.read({ words: 'dumpxml', id }), target)
  const presentBytes = await blockCapacity(virsh, id, target)
  if (presentBytes === sizeBytes) return
  if (presentBytes > sizeBytes)
    throw new AppError('invalid', `the disk '${target}' has ${presentBytes} bytes and cannot shrink`, {
      field: 'sizeBytes',
    })
  await blockResize(virsh, id, target, sizeBytes)
}
