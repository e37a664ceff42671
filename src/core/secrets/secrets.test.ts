import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { openSecrets } from './secrets.ts'

const directory = mkdtempSync(join(tmpdir(), 'nacelle-secrets-'))
after(() => rmSync(directory, { recursive: true, force: true }))
const keyFile = join(directory, 'secret.key')

describe('secrets', () => {
  it('make their key once, readable by the owner only', () => {
    const sealed = openSecrets(keyFile).encrypt('geheim é', 'guest:1')
    assert.equal(statSync(keyFile).mode & 0o777, 0o600)
    assert.equal(openSecrets(keyFile).decrypt(sealed, 'guest:1'), 'geheim é')
    assert.doesNotMatch(sealed, /geheim/)
  })

  it('seal the same text differently each time', () => {
    const secrets = openSecrets(keyFile)
    assert.notEqual(secrets.encrypt('a', 'x'), secrets.encrypt('a', 'x'))
    assert.equal(secrets.decrypt(secrets.encrypt('', 'x'), 'x'), '')
  })

  it('open only in their own place, unchanged, with their own key', () => {
    const secrets = openSecrets(keyFile)
    const sealed = secrets.encrypt('geheim', 'guest:1')
    assert.throws(() => secrets.decrypt(sealed, 'guest:2'), /secret of guest:2 cannot be decrypted/)
    const changed = sealed.slice(0, -4) + (sealed.endsWith('AAAA') ? 'BBBB' : 'AAAA')
    assert.throws(() => secrets.decrypt(changed, 'guest:1'), /cannot be decrypted/)
    assert.throws(() => secrets.decrypt('', 'guest:1'), /cannot be decrypted/)
    const others = openSecrets(join(directory, 'other.key'))
    assert.throws(() => others.decrypt(sealed, 'guest:1'), /other\.key is not its key/)
  })

  it('refuse a key that others can read, and one that is broken, without replacing it', () => {
    const open = join(directory, 'open.key')
    writeFileSync(open, `${'ab'.repeat(32)}\n`)
    chmodSync(open, 0o644)
    assert.throws(() => openSecrets(open), /chmod 600/)
    const broken = join(directory, 'broken.key')
    writeFileSync(broken, 'abc', { mode: 0o600 })
    assert.throws(() => openSecrets(broken), /holds no key/)
    assert.equal(readFileSync(broken, 'utf8'), 'abc')
  })
})
