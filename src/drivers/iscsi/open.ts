import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { AppError } from '../../core/errors.ts'
import type { StoragePool } from '../../core/storage-pools/storage-pool.ts'
import type { StoreAccess } from '../../core/volumes.ts'
import { IscsiStore } from './iscsi-store.ts'
import { createKernelInitiator } from './kernel-initiator.ts'
import type { Target } from './lun.ts'
import { createQemuInitiator } from './qemu-initiator.ts'

export interface IscsiHost {
  /** How this host calls itself to targets. */
  iqn: string
  /** Whether the kernel's initiator is loaded; without it QEMU's own carries the disks. */
  kernel: boolean
}

/** Looks once, at start-up. */
export function lookAtIscsiHost(
  files = { name: '/etc/iscsi/initiatorname.iscsi', transport: '/sys/class/iscsi_transport/tcp' },
): IscsiHost {
  const text = existsSync(files.name) ? readFileSync(files.name, 'utf8') : ''
  const iqn = /^InitiatorName=(\S+)$/m.exec(text)?.[1]
  // As QEMU would call itself, but one name for the whole host.
  const made = `iqn.2008-11.org.linux-kvm:${hostname().toLowerCase()}`
  return { iqn: iqn ?? made, kernel: existsSync(files.transport) }
}

/** `portal` is the pool's host, parsed. */
export function openIscsiStore(
  pool: StoragePool,
  access: StoreAccess,
  { host, portal }: { host: IscsiHost; portal: Target['portal'] },
): IscsiStore {
  const target = targetOf(pool, access.secret, { host, portal })
  const { directory, libvirtSecrets, lunClaims } = access
  const wanted = pool.options.type === 'iscsi' ? pool.options.initiator : undefined
  const kernel = wanted ? wanted === 'kernel' : host.kernel
  const initiator = kernel
    ? createKernelInitiator({ target, hostIqn: host.iqn })
    : createQemuInitiator({ target, directory, pool: pool.name, libvirtSecrets })
  return new IscsiStore(initiator, lunClaims)
}

function targetOf(
  { name, target, options }: StoragePool,
  secret: string | null,
  { host, portal }: { host: IscsiHost; portal: Target['portal'] },
): Target {
  if (options.type !== 'iscsi') throw new AppError('invalid', `pool '${name}' is not an iSCSI pool`)
  const { chapUser, initiatorIqn, secretUuid } = options
  return {
    portal,
    iqn: target,
    initiatorIqn: initiatorIqn || host.iqn,
    chap: chapUser && secret !== null ? { user: chapUser, password: secret, secretUuid } : null,
  }
}
