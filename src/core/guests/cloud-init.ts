import { hostnameOf } from './rules.ts'

export interface SeedInput {
  id: string
  name: string
  cloudInit: { rootEnabled: boolean; adminName: string; dataPath: string; sshKeys: readonly string[] }
  /** SHA-512 crypt hash of the admin's password. */
  passwordHash: string
  /** Serials of the data disks, in order. */
  dataSerials: readonly string[]
  /** Only where the address pool hands out addresses through cloud-init. */
  network?: { mac: string; address: string; prefix: number; gateway: string; dns: readonly string[] }
}

export interface Seed {
  metaData: string
  userData: string
  networkConfig?: string
}

/** The three NoCloud files. JSON is YAML, so nothing needs quoting rules of our own. */
export function composeSeed(input: SeedInput): Seed {
  const hostname = hostnameOf(input.name, input.id)
  return {
    metaData: JSON.stringify({ 'instance-id': input.id, 'local-hostname': hostname }),
    userData: `#cloud-config\n${JSON.stringify(userData(input, hostname), null, 1)}\n`,
    ...(input.network ? { networkConfig: JSON.stringify(networkConfig(input.network)) } : {}),
  }
}

function userData(input: SeedInput, hostname: string) {
  const { adminName, rootEnabled, sshKeys } = input.cloudInit
  const asRoot = adminName === 'root'
  return {
    hostname,
    manage_etc_hosts: true,
    ssh_pwauth: true,
    disable_root: !rootEnabled,
    ...(asRoot ? { ssh_authorized_keys: sshKeys } : { users: [adminUser(input)] }),
    ...(asRoot
      ? { chpasswd: { expire: false, users: [{ name: 'root', password: input.passwordHash }] } }
      : {}),
    growpart: { mode: 'auto', devices: ['/'] },
    resize_rootfs: true,
    ...dataDisks(input),
    ...(rootEnabled
      ? {
          write_files: [
            {
              path: '/etc/ssh/sshd_config.d/10-root-login.conf',
              content: 'PermitRootLogin yes\n',
              permissions: '0644',
            },
          ],
        }
      : {}),
  }
}

const adminUser = ({ cloudInit, passwordHash }: SeedInput) => ({
  name: cloudInit.adminName,
  passwd: passwordHash,
  lock_passwd: false,
  shell: '/bin/bash',
  sudo: 'ALL=(ALL) NOPASSWD:ALL',
  ssh_authorized_keys: cloudInit.sshKeys,
})

/** The first data disk is mounted at the path, the next ones at path2, path3…; by serial, since vdb may move. */
function dataDisks({ dataSerials, cloudInit }: SeedInput) {
  if (dataSerials.length === 0) return {}
  const device = (serial: string) => `/dev/disk/by-id/virtio-${serial}`
  const path = (position: number) =>
    position === 0 ? cloudInit.dataPath : `${cloudInit.dataPath}${position + 1}`
  return {
    fs_setup: dataSerials.map((serial, i) => ({
      device: device(serial),
      filesystem: 'ext4',
      label: `data${i + 1}`,
      partition: 'none',
      overwrite: false,
    })),
    mounts: dataSerials.map((serial, i) => [device(serial), path(i), 'ext4', 'defaults,nofail', '0', '2']),
  }
}

const networkConfig = (network: NonNullable<SeedInput['network']>) => ({
  version: 2,
  ethernets: {
    primary: {
      match: { macaddress: network.mac },
      addresses: [`${network.address}/${network.prefix}`],
      gateway4: network.gateway,
      nameservers: { addresses: network.dns },
    },
  },
})
