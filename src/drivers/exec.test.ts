import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { AppError } from '../core/errors.ts'
import { CommandError, run, setProcessObserver, spawnLong, stream } from './exec.ts'

const isAlive = async (pid: number) => {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return text !== '' && !/\) Z /.test(text)
}

async function assertGone(pid: number): Promise<void> {
  for (let attempt = 0; attempt < 100 && (await isAlive(pid)); attempt++) await delay(20)
  assert.equal(await isAlive(pid), false, `process ${pid} still lives`)
}

describe('run', () => {
  it('returns both outputs and passes stdin on', async () => {
    const result = await run('sh', ['-c', 'cat; echo words >&2'], { stdin: 'through' })
    assert.deepEqual(result, { stdout: 'through', stderr: 'words\n' })
  })

  it('passes arguments as they are, whatever is in them', async () => {
    const { stdout } = await run('printf', ['%s|', '$(id)', '; rm', '*', '--'])
    assert.equal(stdout, '$(id)|; rm|*|--|')
  })

  it('keeps command, arguments, exit code and output of a failure, with secrets masked', async () => {
    const error = await run('sh', ['-c', 'echo bad s3cret >&2; exit 7', 's3cret'], {
      redact: ['s3cret'],
    }).then(
      () => assert.fail('it succeeded'),
      (thrown: CommandError) => thrown,
    )
    assert.ok(error instanceof CommandError)
    assert.equal(error.exitCode, 7)
    assert.equal(error.stderr, 'bad ***\n')
    assert.ok(!JSON.stringify([error.message, error.args, error.stdout]).includes('s3cret'))
    assert.match(error.message, /exit code 7: bad \*\*\*/)
  })

  it('names the package of a program that is not there', async () => {
    await assert.rejects(run('iscsiadm-not-there', []), { code: 'unavailable' })
    const missing = run('rbd', ['ls'], { env: { PATH: '/usr/bin/nowhere:/bin' } })
    // Where Ceph is installed the call fails in another way; the table is what matters here.
    await assert.rejects(missing, (error: unknown) =>
      error instanceof AppError ? /ceph-common/.test(error.message) : error instanceof CommandError,
    )
  })

  it('ends the whole family when its time is up, even one that ignores SIGTERM', async () => {
    let pids: number[] = []
    const script = 'trap "" TERM; sleep 100 & echo $$ $!; wait; sleep 100'
    const started = performance.now()
    const onStdout = (text: string) => {
      pids = text.trim().split(' ').map(Number)
    }
    await assert.rejects(run('sh', ['-c', script], { timeoutMs: 200, onStdout }), {
      name: 'CommandError',
      timedOut: true,
    })
    assert.ok(performance.now() - started < 5_000)
    assert.equal(pids.length, 2)
    for (const pid of pids) await assertGone(pid)
  })

  it('is aborted with the reason of the signal', async () => {
    const controller = new AbortController()
    const running = run('sleep', ['100'], { signal: controller.signal })
    controller.abort(new Error('no longer wanted'))
    await assert.rejects(running, /no longer wanted/)
    await assert.rejects(run('true', [], { signal: controller.signal }), /no longer wanted/)
  })

  it('hands texts over as files without a name', async () => {
    const { stdout } = await run('sh', ['-c', 'cat /dev/fd/3 /dev/fd/4'], { inputs: ['one ', 'two'] })
    assert.equal(stdout, 'one two')
  })

  it('ends a command that writes without end', async () => {
    await assert.rejects(run('yes', [], { maxOutputBytes: 10_000 }), /more than 10000 bytes/)
  })

  it('does not hang on a grandchild that keeps the pipe open', async () => {
    const { stdout } = await run('sh', ['-c', 'sleep 5 & echo done'], { timeoutMs: 4_000 })
    assert.equal(stdout, 'done\n')
  })

  it('gives children a small environment without the secrets of the appliance', async () => {
    process.env['NACELLE_ADMIN_PASSWORD'] = 'hidden'
    const { stdout } = await run('env', [])
    delete process.env['NACELLE_ADMIN_PASSWORD']
    assert.ok(!stdout.includes('hidden'))
    assert.match(stdout, /^LC_ALL=C$/m)
    assert.match(stdout, /^PATH=.*\/usr\/sbin/m)
  })

  it('drops privileges and sets limits', async (t) => {
    if (process.getuid?.() !== 0) return t.skip('needs root to become another user')
    const confined = {
      asUser: { user: 'nobody', group: 'nogroup' },
      limits: { openFiles: 64, cpuSeconds: 5 },
    }
    const script = 'id -un; ulimit -n; ulimit -t; grep NoNewPrivs /proc/self/status; nice'
    const { stdout } = await run('sh', ['-c', script], { ...confined, priority: 'low', cwd: '/' })
    assert.deepEqual(stdout.trim().split('\n'), ['nobody', '64', '5', 'NoNewPrivs:\t1', '10'])
  })

  it('tells the observer of each child', async () => {
    const seen: string[] = []
    setProcessObserver({
      onSpawn: (pid, command) => seen.push(`${command} ${pid > 0}`),
      onExit: (pid) => seen.push(`end ${pid > 0}`),
    })
    await run('true', [])
    setProcessObserver({ onSpawn: () => undefined, onExit: () => undefined })
    assert.deepEqual(seen, ['true true', 'end true'])
  })
})

describe('children', () => {
  it('die with the appliance, even at kill -9, also unprivileged and limited ones', async () => {
    const module = fileURLToPath(new URL('./exec.ts', import.meta.url))
    const program = `const { spawnLong } = await import(${JSON.stringify(module)})
      const confined = process.getuid() === 0 ? { asUser: { user: 'nobody', group: 'nogroup' } } : {}
      const one = spawnLong('sleep', ['1000'])
      const two = spawnLong('sleep', ['1000'], { ...confined, limits: { openFiles: 99 }, priority: 'low', cwd: '/' })
      setTimeout(() => console.log(one.pid, two.pid), 150)`
    const appliance = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = await once(appliance.stdout, 'data')
    const pids = String(line).trim().split(' ').map(Number)
    for (const pid of pids) assert.equal(await isAlive(pid), true)
    appliance.kill('SIGKILL')
    for (const pid of pids) await assertGone(pid)
  })
})

describe('stream and spawnLong', () => {
  it('pipes bytes through a command', async () => {
    const cat = stream('cat', [])
    cat.stdin.end('some bytes')
    const chunks: Buffer[] = []
    for await (const chunk of cat.stdout) chunks.push(chunk as Buffer)
    await cat.done
    assert.equal(Buffer.concat(chunks).toString(), 'some bytes')
  })

  it('rejects when the command fails or is not there', async () => {
    await assert.rejects(stream('sh', ['-c', 'echo no >&2; exit 3']).done, { exitCode: 3, stderr: 'no\n' })
    await assert.rejects(stream('not-a-program-at-all', []).done, { code: 'unavailable' })
  })

  it('stops a long-lived child', async () => {
    const child = spawnLong('sleep', ['1000'])
    await child.stop()
    assert.deepEqual(await child.exited, { exitCode: null, signal: 'SIGTERM' })
    await assertGone(child.pid)
  })
})
