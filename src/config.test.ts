import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { ConfigError, loadConfig, parseListen } from './config.ts'

const dir = mkdtempSync(join(tmpdir(), 'nacelle-config-'))
after(() => rmSync(dir, { recursive: true }))

const file = (text: string) => {
  const path = join(dir, 'nacelle.toml')
  writeFileSync(path, text)
  return path
}

describe('configuration', () => {
  test('a flag beats the environment, that the file, that the default', () => {
    const config = file('data_dir = "/file"\nlibvirt_uri = "test:///file"\nlisten = "http://127.0.0.1:1"\n')
    const loaded = loadConfig(
      { config, dataDir: '/flag' },
      { NACELLE_DATA_DIR: '/env', NACELLE_LISTEN: 'https://127.0.0.1:2' },
    )
    assert.equal(loaded.dataDir, '/flag')
    assert.equal(loaded.listen.url, 'https://127.0.0.1:2')
    assert.equal(loaded.libvirtUri, 'test:///file')
    assert.equal(loadConfig({ config: file('') }, {}).dataDir, '/var/lib/nacelle')
  })

  test('a data directory has one spelling, by which two processes on it know each other', () => {
    for (const dataDir of ['/srv/nacelle', '/srv/nacelle/', '/srv//x/../nacelle'])
      assert.equal(loadConfig({ config: file(''), dataDir }, {}).dataDir, '/srv/nacelle')
  })

  test('an unknown key is an error that names it and the known ones', () => {
    assert.throws(
      () => loadConfig({ config: file('datadir = "/x"') }, {}),
      /unknown key 'datadir'; known are data_dir/,
    )
  })

  test('a wrong value names the key', () => {
    assert.throws(() => loadConfig({ config: file('log_level = "loud"') }, {}), /log_level/)
    assert.throws(
      () => loadConfig({ config: file('data_dir = "relative"') }, {}),
      /data_dir: must be an absolute path/,
    )
    assert.throws(() => loadConfig({ config: file('= broken') }, {}), ConfigError)
    assert.throws(() => loadConfig({ config: '/nowhere.toml' }, {}), /does not exist/)
  })

  test('a certificate without its key is refused', () => {
    assert.throws(() => loadConfig({ config: file('tls_key = "/k"') }, {}), /belong together/)
  })

  test('plain http is for loopback unless insecure is said', () => {
    assert.equal(parseListen('http://127.0.0.1:80', false).port, 80)
    assert.equal(parseListen('http://[::1]:8080', false).host, '::1')
    assert.throws(() => parseListen('http://0.0.0.0:5870', false), /--insecure/)
    assert.equal(parseListen('http://0.0.0.0:5870', true).scheme, 'http')
    assert.equal(parseListen('https://0.0.0.0', false).port, 443)
    for (const bad of ['5870', 'ftp://127.0.0.1', 'https://host/path', 'https://example.org:1'])
      assert.throws(() => parseListen(bad, true), ConfigError, bad)
  })
})
