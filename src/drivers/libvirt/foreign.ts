// Domains that somebody else has made: looked at, and taken over.
import type { ForeignDomains, FoundDomain } from '../../core/unmanaged/found-domain.ts'
import { domainState, isActive } from './domains.ts'
import { type FoundFacts, labelOf, parseFoundDomain } from './found-domain.ts'
import { assertUuid } from './session.ts'
import { call, type Virsh } from './virsh.ts'
import { attribute, child, children, parseXml } from './xml.ts'

export const createForeign = (virsh: Virsh): ForeignDomains => ({
  inspect: (id) => inspect(virsh, id),
  async setAutoStart(id, enabled) {
    await call(virsh, ['autostart', assertUuid(id), ...(enabled ? [] : ['--disable'])])
  },
})

async function inspect(virsh: Virsh, id: string): Promise<FoundDomain> {
  const { reader } = virsh
  const info = await reader.read({ words: 'dominfo', id })
  const persistent = /^Persistent:\s+yes$/m.test(info)
  const xml = await reader.read({ words: persistent ? 'dumpxml --inactive' : 'dumpxml', id })
  const state = await domainState(virsh, id)
  const facts: FoundFacts = {
    persistent,
    autoStart: /^Autostart:\s+enable/m.test(info),
    managedSave: /^Managed save:\s+yes$/m.test(info),
    snapshots: names(await reader.read({ words: 'snapshot-list --name', id })),
    checkpoints: names(await reader.read({ words: 'checkpoint-list --name', id })),
    open: isActive(state) ? openDisks(await reader.read({ words: 'dumpxml', id })) : new Map(),
  }
  return { ...parseFoundDomain(xml, facts), id, state, autoStart: facts.autoStart }
}

const names = (out: string): string[] =>
  out
    .split('\n')
    .map((name) => name.trim())
    .filter((name) => name !== '')

/** Targets with what QEMU has open. */
function openDisks(xml: string): Map<string, string> {
  const disks = children(child(parseXml(xml), 'domain', 'devices'), 'disk')
  return new Map(
    disks.flatMap((disk) => {
      const label = labelOf(disk)
      const target = attribute(child(disk, 'target'), 'dev')
      return label !== undefined && target !== undefined ? [[target, label]] : []
    }),
  )
}
