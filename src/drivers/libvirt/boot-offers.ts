// What guests load that boot from the network: a script for each MAC, which their iPXE fetches by TFTP.
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { invalid } from '../../core/errors.ts'
import type { HostNetwork } from '../../core/network.ts'

const macPattern = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/
const offerPattern = /^((?:[0-9a-f]{2}-){5}[0-9a-f]{2})\.ipxe$/

/** Not expanded by us: iPXE puts in the MAC of the card that boots, so that one network serves each guest its own. */
export const bootFileName = '${' + 'netX/mac:hexhyp}.ipxe'

export type BootOffers = Pick<HostNetwork, 'offerBoot' | 'withdrawBoot' | 'bootOffers'>

export function createBootOffers(directory: string): BootOffers {
  return {
    async offerBoot(mac, uri) {
      const path = join(directory, fileOf(mac))
      const script = bootScript(uri)
      await prepareBootDirectory(directory)
      await writeFile(`${path}.partial`, script)
      await chmod(`${path}.partial`, 0o644)
      await rename(`${path}.partial`, path)
    },
    async withdrawBoot(mac) {
      await rm(join(directory, fileOf(mac)), { force: true })
    },
    async bootOffers() {
      const names = await readdir(directory).catch(() => [])
      return names.flatMap((name) => offerPattern.exec(name)?.[1]?.replaceAll('-', ':') ?? [])
    },
  }
}

/** dnsmasq reads as nobody, so the directory is open to others whatever the umask says. */
export async function prepareBootDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  await chmod(directory, 0o755)
}

function fileOf(mac: string): string {
  const address = mac.toLowerCase()
  if (!macPattern.test(address)) throw invalid('mac', `'${mac}' is not a MAC address`)
  return `${address.replaceAll(':', '-')}.ipxe`
}

/** The URI is one word of iPXE's script language: no white space to split it, and nothing that iPXE would replace. */
function bootScript(uri: string): string {
  if (!/^(http|tftp):\/\/[A-Za-z0-9\-._~:/?#[\]@!&'()*+,;=%]+$/.test(uri))
    throw invalid('source', `'${uri}' is not an http or tftp URI that iPXE can load`)
  return `#!ipxe\nchain --autofree ${uri}\n`
}
