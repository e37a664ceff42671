// Keys and passwords that libvirt hands to QEMU, so that they stand in no definition and no argument.
import type { LibvirtSecrets } from '../../core/volumes.ts'
import { run } from '../exec.ts'
import { says, understood } from './errors.ts'
import { assertUuid } from './session.ts'
import { buildXml } from './xml.ts'

/** `uri` is libvirt's, e.g. `qemu:///system`. */
export function createLibvirtSecrets(uri: string): LibvirtSecrets {
  const virsh = async (words: readonly string[], input?: string) => {
    try {
      await run('virsh', ['-q', '-c', uri, ...words], { inputs: input === undefined ? [] : [input] })
    } catch (error) {
      throw understood(error)
    }
  }
  return {
    async define({ uuid, type, usage, value }) {
      await virsh(['secret-define', '/dev/fd/3'], secretXml({ uuid: assertUuid(uuid), type, usage }))
      // A cephx key is base64 already, and libvirt gives QEMU's RBD driver what it decodes to.
      const encoded = type === 'ceph' ? value : Buffer.from(value).toString('base64')
      await virsh(['secret-set-value', uuid, '--file', '/dev/fd/3'], encoded)
    },
    async undefine(uuid) {
      try {
        await virsh(['secret-undefine', assertUuid(uuid)])
      } catch (error) {
        if (!says(error, /Secret not found|no secret with matching uuid|failed to get secret/i)) throw error
      }
    },
  }
}

/** Neither private, so that QEMU's driver gets it from libvirt, nor ephemeral, so that it survives libvirt's restart. */
function secretXml({ uuid, type, usage }: { uuid: string; type: 'ceph' | 'iscsi'; usage: string }): string {
  const name = type === 'ceph' ? { name: usage } : { target: usage }
  return buildXml({
    secret: {
      '@ephemeral': 'no',
      '@private': 'no',
      uuid,
      description: `nacelle storage pool ${usage}`,
      usage: { '@type': type, ...name },
    },
  })
}
