// Pools on a database file and the real host: what the tests kill half-way, and what mends it afterwards.
import { dirname, join } from 'node:path'
import { createAddressPools } from '../../src/core/address-pools/address-pools.ts'
import { createAddressRanges } from '../../src/core/address-pools/ranges.ts'
import { systemContext } from '../../src/core/context.ts'
import { openDatabase } from '../../src/db/connect.ts'
import { migrate } from '../../src/db/migrate.ts'
import { createHostNetwork } from '../../src/main/host-network.ts'
import { createAddressesReconciler } from '../../src/reconcilers/addresses.ts'
import { createFirewallReconciler } from '../../src/reconcilers/firewall.ts'
import { createLocalZone } from '../../src/zone/local-zone.ts'
import { silentLog } from '../api/serve.ts'

const op = systemContext(silentLog)

export function openPools(path: string) {
  const database = openDatabase(path)
  migrate(database.sqlite)
  const zone = createLocalZone(database)
  const network = createHostNetwork({ uri: 'qemu:///system', bootDirectory: join(dirname(path), 'netboot') })
  const deps = { zone, network, cell: 'host1' }
  const settle = async () => {
    await createAddressesReconciler(deps).run(op)
    await createFirewallReconciler(deps).run(op)
  }
  const pools = createAddressPools({ zone, network, settle })
  const ranges = createAddressRanges({ zone, network, settle })
  return { op, zone, network, pools, ranges, settle, close: database.close }
}

/** Makes a pool with a range and deletes it, again and again, until somebody ends the process. */
async function work(path: string): Promise<void> {
  const { pools, ranges } = openPools(path)
  for (let number = 0; ; number++) {
    const subnet = `10.${120 + (number % 20)}.0`
    await pools.create(op, `k${number}`, { gateway: `${subnet}.1`, dns: [], provider: 'dhcp' })
    process.stdout.write(`pool ${number}\n`)
    const range = {
      type: 'internal',
      start: `${subnet}.10`,
      end: `${subnet}.20`,
      netmask: '255.255.255.0',
    } as const
    await ranges.add(op, `k${number}`, range)
    if (number % 2 === 1) await pools.remove(op, `k${number}`)
  }
}

if (process.argv[2] === 'work' && process.argv[3]) await work(process.argv[3])
