// Network namespaces that stand for guests and for hosts of the LAN, each with one interface on a bridge.
import { fileURLToPath } from 'node:url'
import { run, spawnLong } from '../../src/drivers/exec.ts'

interface Place {
  bridge: string
  mac?: string
  /** In a /24. */
  address?: string
  router?: string
}

export async function addNamespace(name: string, { bridge, mac, address, router }: Place): Promise<void> {
  const port = `p-${name}`
  await run('ip', ['netns', 'add', name])
  await run('ip', ['link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name])
  await run('ip', ['link', 'set', port, 'master', bridge, 'up'])
  if (mac !== undefined) await run('ip', ['-n', name, 'link', 'set', 'eth0', 'address', mac])
  for (const link of ['lo', 'eth0']) await run('ip', ['-n', name, 'link', 'set', link, 'up'])
  if (address !== undefined) await run('ip', ['-n', name, 'addr', 'add', `${address}/24`, 'dev', 'eth0'])
  if (router !== undefined) await run('ip', ['-n', name, 'route', 'add', 'default', 'via', router])
}

export async function removeNamespace(name: string): Promise<void> {
  await run('ip', ['netns', 'del', name])
  // The kernel takes the pair away a moment later, and the next one may have the same name.
  await run('ip', ['link', 'del', `p-${name}`]).catch(() => undefined)
}

/** What a DHCP client in the namespace is given; null when nobody answers. It never gives its lease back. */
export async function dhcp(name: string): Promise<string | null> {
  const client = [
    'busybox',
    'udhcpc',
    '-f',
    '-q',
    '-n',
    '-t',
    '3',
    '-T',
    '1',
    '-i',
    'eth0',
    '-s',
    '/bin/true',
  ]
  const out = await run('ip', ['netns', 'exec', name, ...client]).then(
    ({ stdout, stderr }) => stdout + stderr,
    () => '',
  )
  return /lease of ([0-9.]+) obtained/.exec(out)?.[1] ?? null
}

/**
 * The script that iPXE would fetch in the namespace, which has an address: the file that the DHCP server names, read from
 * it by TFTP. Null when there is none.
 */
export async function bootScript(name: string, { mac, server }: { mac: string; server: string }) {
  const inside = (...words: string[]) =>
    run('ip', ['netns', 'exec', name, 'busybox', ...words]).then(
      ({ stdout }) => stdout,
      () => '',
    )
  const client = ['udhcpc', '-f', '-q', '-n', '-t', '3', '-T', '1', '-i', 'eth0', '-s', showBootFile]
  const file = /^boot=(.+)$/m.exec(await inside(...client))?.[1]
  if (file === undefined) return null
  const expanded = file.replace('${' + 'netX/mac:hexhyp}', mac.replaceAll(':', '-'))
  return (await inside('tftp', '-g', '-r', expanded, '-l', '-', server)) || null
}

const showBootFile = fileURLToPath(new URL('./show-boot-file.sh', import.meta.url))

const server = (port: number) =>
  `require('node:net').createServer((s) => { s.on('error', () => 0); s.end(s.remoteAddress) })
   .listen(${port}, '0.0.0.0', () => console.log('listening'))`

/** A server that tells each client its address; gives back how to stop it. */
export async function serve(name: string, port: number): Promise<() => Promise<void>> {
  const child = spawnLong('ip', ['netns', 'exec', name, process.execPath, '-e', server(port)])
  await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve)
    void child.exited.then(() => reject(new Error(child.stderr())))
  })
  return () => child.stop()
}

/** The address that the server saw; null when the connection does not come about. */
export async function fetch(
  name: string,
  address: string,
  port: number,
  source?: string,
): Promise<string | null> {
  const script = `const s = require('node:net').connect({ host: '${address}', port: ${port}, timeout: 1500
    ${source === undefined ? '' : `, localAddress: '${source}'`} })
    s.on('data', (d) => process.stdout.write(d)).on('timeout', () => s.destroy()).on('error', () => 0)`
  const { stdout } = await run('ip', ['netns', 'exec', name, process.execPath, '-e', script])
  return stdout === '' ? null : stdout
}
