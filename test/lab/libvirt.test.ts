import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Lab, startLab } from './libvirt.ts'
import { processesIn } from './namespace.ts'

const webServer = `
  const server = require('node:http').createServer((request, response) => response.end('inside ' + request.url))
  server.listen(0, '127.0.0.1', () => console.log(server.address().port))`

/** What a lab could leave on the machine: mounts, network interfaces, loop devices. */
async function machineState(): Promise<string[]> {
  const files = ['/proc/self/mountinfo', '/proc/net/dev']
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  const links = (texts[1] ?? '').split('\n').map((line) => line.split(':')[0] ?? '')
  return [texts[0] ?? '', links.join()]
}

async function waitForNone(namespaceId: string): Promise<number[]> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if ((await processesIn(namespaceId)).length === 0) return []
    await delay(20)
  }
  return processesIn(namespaceId)
}

describe('a lab', () => {
  let lab: Lab
  let stateBefore: string[]
  before(async () => {
    stateBefore = await machineState()
    lab = await startLab()
  })
  after(() => lab.stop())

  it('answers virsh with a world of its own', async () => {
    assert.equal(await lab.virsh('list', '--all', '--name'), '')
    assert.equal(await lab.virsh('net-list', '--all', '--name'), '')
    const { stdout } = await lab.exec('ip', ['-o', 'link'])
    assert.deepEqual(stdout.match(/^\d+: (\S+):/gm), ['1: lo:'])
  })

  it('shows a failed command with its words, and hands the exit code out when asked', async () => {
    await assert.rejects(
      lab.exec('virsh', ['-c', 'qemu:///system', 'dominfo', 'nobody']),
      /dominfo nobody: exit 1/,
    )
    assert.equal((await lab.exec('sh', ['-c', 'exit 7'], { allowFailure: true })).exitCode, 7)
    assert.equal((await lab.exec('cat', [], { input: 'through' })).stdout, 'through')
  })

  it('lets the test process reach a server inside, and no longer once it was killed', async () => {
    const server = await lab.spawn(process.execPath, ['-e', webServer])
    const [line] = await once(server.child.stdout!, 'data')
    const url = await lab.url(Number(String(line)))
    assert.equal(await (await fetch(`${url}/hello`)).text(), 'inside /hello')
    server.kill('SIGKILL')
    assert.equal(await server.ended, 137)
    await assert.rejects(fetch(url))
  })

  it('leaves nothing when stopped', async () => {
    const other = await startLab()
    await other.spawn('sleep', ['1000'])
    assert.ok((await processesIn(other.pidNamespace)).length >= 5)
    await other.stop()
    assert.deepEqual(await processesIn(other.pidNamespace), [])
    await assert.rejects(stat(other.dir), { code: 'ENOENT' })
    assert.deepEqual(await machineState(), stateBefore)
  })
})

describe('a stock lab', () => {
  it('runs QEMU as libvirt-qemu with the file that Debian ships', async () => {
    const lab = await startLab({ stock: true })
    try {
      assert.equal(
        await readFile(`${lab.dir}/etc/qemu.conf`, 'utf8'),
        await readFile('/etc/libvirt/qemu.conf', 'utf8'),
      )
      const { stdout } = await lab.exec('id', ['-u', 'libvirt-qemu'])
      const label = `<baselabel type='qemu'>+${stdout.trim()}:`
      assert.ok((await lab.virsh('capabilities')).includes(label), `no ${label} in the capabilities`)
    } finally {
      await lab.stop()
    }
  })
})

describe('a lab whose test process is killed', () => {
  it('dies with it, and its directory goes at the next start', async () => {
    const module = fileURLToPath(new URL('./libvirt.ts', import.meta.url))
    const program = `const { startLab } = await import(${JSON.stringify(module)})
      const lab = await startLab()
      await lab.spawn('sleep', ['1000'])
      console.log(JSON.stringify([lab.pidNamespace, lab.dir]))
      setInterval(() => {}, 1000)`
    const runner = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = await once(runner.stdout, 'data')
    const [namespaceId, dir] = JSON.parse(String(line)) as [string, string]
    assert.ok((await processesIn(namespaceId)).length >= 5)
    runner.kill('SIGKILL')
    assert.deepEqual(await waitForNone(namespaceId), [])
    const next = await startLab()
    await next.stop()
    await assert.rejects(stat(dir), { code: 'ENOENT' })
  })
})
