import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allowsReading, judgeAppArmor } from './apparmor.ts'

/** The rules that matter of Debian 12's profile. */
const helper = `
profile virt-aa-helper /usr/lib/libvirt/virt-aa-helper {
  capability dac_override,
  network inet,
  deny /dev/sd* r,
  owner @{PROC}/[0-9]*/status r,
  audit deny @{HOME}/.* mrwkl,
  audit deny @{HOME}/.*/** mrwkl,
  @{HOME}/** r,
  /var/lib/libvirt/images/** r,
  /{media,mnt,opt,srv}/** r,
  /**.img r,
  /**.qcow{,2} r,
  /**.[iI][sS][oO] r,
  /**/disk{,.*} r,
}
`

test('paths are matched as AppArmor matches them', () => {
  const cases: [path: string, readable: boolean][] = [
    ['/var/lib/nacelle/pools/local/a.qcow2', true],
    ['/var/lib/nacelle/pools/local/a.qcow', true],
    ['/data/a.ISO', true],
    ['/data/disk.raw', true],
    ['/data/a.raw', false],
    ['/data/a.qcow2x', false],
    ['/srv/anything', true],
    ['/srvx/anything', false],
    ['/home/ann/pool/x', true],
    ['/home/ann/.cache/a.qcow2', false],
    ['/root/.local/a.img', false],
    ['/proc/12/status', true],
    ['/dev/sda.img', false],
  ]
  for (const [path, readable] of cases) assert.equal(allowsReading(helper, path), readable, path)
})

const facts = { enabled: true, profiles: ['libvirtd (enforce)', 'virt-aa-helper (enforce)'], helper }

test('AppArmor: off, covered, not loaded, unseen', () => {
  const pools = ['/var/lib/nacelle/pools/local']
  assert.equal(judgeAppArmor({ enabled: false, pools }).state, 'ok')
  assert.equal(judgeAppArmor({ ...facts, pools }).state, 'ok')
  assert.equal(judgeAppArmor({ ...facts, pools, profiles: undefined }).state, 'unknown')
  assert.equal(judgeAppArmor({ ...facts, pools, helper: undefined }).state, 'unknown')
  const unloaded = judgeAppArmor({ ...facts, pools, profiles: ['libvirtd (enforce)'] })
  assert.equal(unloaded.state, 'warning')
  assert.equal(unloaded.mend, 'apparmor_parser -r /etc/apparmor.d/usr.lib.libvirt.virt-aa-helper')
})

test("a pool out of the helper's reach is mended by a line for its local profile, which then covers it", () => {
  const pools = ['/home/ann/.pool']
  const verdict = judgeAppArmor({ ...facts, helper: helper.replaceAll(/^ {2}audit.*$/gm, ''), pools })
  assert.equal(verdict.state, 'ok')
  const narrow = helper.replaceAll(/^ {2}\/\*\*.*$/gm, '')
  const missing = judgeAppArmor({ ...facts, helper: narrow, pools: ['/data/pool'] })
  assert.equal(missing.state, 'warning')
  const line = /^echo '(.*)' >> (\S+) && (apparmor_parser -r \S+)$/.exec(missing.mend ?? '')
  assert.equal(line?.[2], '/etc/apparmor.d/local/usr.lib.libvirt.virt-aa-helper')
  const mended = judgeAppArmor({ ...facts, helper: `${narrow}\n${line?.[1]}`, pools: ['/data/pool'] })
  assert.equal(mended.state, 'ok')
})

test('directories of the system are never handed to guests, and neither are those that look like /lib', () => {
  for (const pool of ['/usr/lib/nacelle', '/etc/pool', '/library', '/usr/local/lib/x', '/usr/share/x'])
    assert.equal(judgeAppArmor({ ...facts, pools: [pool] }).state, 'error', pool)
  for (const pool of ['/srv/lib', '/usr/local/share/x', '/binary'])
    assert.notEqual(judgeAppArmor({ ...facts, pools: [pool] }).state, 'error', pool)
})
