// Against libvirt's own test driver, which needs no daemon and no privileges.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setProcessObserver } from '../exec.ts'
import { openReadSession } from './session.ts'

const testUri = 'test:///default'
const testDomain = '6695eb01-f6a4-8304-79aa-97f2502e193f'
const nobody = '00000000-0000-4000-8000-000000000000'

describe('a read session', () => {
  it('answers many questions with one process, in order', async () => {
    const spawned: string[] = []
    setProcessObserver({ onSpawn: (_, command) => spawned.push(command), onExit: () => undefined })
    const session = openReadSession(testUri)
    const questions = Array.from({ length: 50 }, (_, index) =>
      index % 2 ? session.read({ words: 'domstate', id: testDomain }) : session.read({ words: 'names' }),
    )
    const answers = await Promise.all(questions)
    assert.deepEqual(
      new Set(answers.filter((_, index) => index % 2).map((text) => text.trim())),
      new Set(['running']),
    )
    assert.match(answers[0] ?? '', new RegExp(`^${testDomain}\\s+test$`, 'm'))
    assert.match(
      await session.read({ words: 'dumpxml', id: testDomain }),
      /^<domain type='test'[\s\S]*<\/domain>\s*$/,
    )
    assert.deepEqual(spawned, ['virsh'])
    await session.close()
    setProcessObserver({ onSpawn: () => undefined, onExit: () => undefined })
  })

  it('says what is not there, and goes on', async () => {
    const session = openReadSession(testUri)
    await assert.rejects(session.read({ words: 'domstate', id: nobody }), { code: 'not_found' })
    assert.equal((await session.read({ words: 'domstate', id: testDomain })).trim(), 'running')
    await session.close()
    await assert.rejects(session.read({ words: 'names' }), { code: 'unavailable' })
  })

  it('lets nothing but a UUID through to the interpreter', async () => {
    const session = openReadSession(testUri)
    for (const id of ['test', `${testDomain}; shutdown test`, '', `${testDomain}\nquit`])
      await assert.rejects(session.read({ words: 'domstate', id }), { code: 'invalid' })
    await session.close()
  })

  it('is opened again when its process dies or hangs', async () => {
    const pids: number[] = []
    setProcessObserver({ onSpawn: (pid) => pids.push(pid), onExit: () => undefined })
    const session = openReadSession(testUri, { timeoutMs: 700 })
    const ask = async () => (await session.read({ words: 'domstate', id: testDomain })).trim()
    assert.equal(await ask(), 'running')
    process.kill(pids.at(-1)!, 'SIGKILL')
    assert.equal(await ask(), 'running')
    process.kill(pids.at(-1)!, 'SIGSTOP')
    assert.equal(await ask(), 'running')
    assert.equal(pids.length, 3)
    await session.close()
    setProcessObserver({ onSpawn: () => undefined, onExit: () => undefined })
  })

  it('is unavailable with a mend where libvirt is not there', async () => {
    const session = openReadSession('qemu:///system?socket=/nowhere/libvirt-sock')
    await assert.rejects(session.read({ words: 'names' }), {
      code: 'unavailable',
      message: /systemctl restart libvirtd/,
    })
    await session.close()
  })
})
