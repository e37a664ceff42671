import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeClock } from './clock.ts'
import type { FindingState, Verdict } from './finding.ts'
import { judgeDaemon, judgeLibvirt } from './libvirt.ts'
import { judgePort, type PortFacts } from './port.ts'
import { judgeDataDir, judgeReach, judgeSpace } from './storage.ts'
import { judgeCgroups, judgeInit, judgePrivileges, judgeSelinux } from './system.ts'
import { judgeFiles, judgeTool, tools, versionOf } from './tools.ts'
import { judgeKvm } from './virtualization.ts'

const root = { root: true, systemd: true }
const bare = { root: true, systemd: false }
const nobody = { root: false, systemd: true }

type Row = [what: string, verdict: Verdict, state: FindingState, detail: RegExp, mend: RegExp | null]

function table(rows: readonly Row[]): void {
  for (const [what, verdict, state, detail, mend] of rows) {
    assert.equal(verdict.state, state, what)
    assert.match(verdict.detail, detail, what)
    if (mend === null) assert.equal(verdict.mend, null, what)
    else assert.match(verdict.mend ?? '', mend, what)
  }
}

test('KVM counts only when a guest has run on it', () => {
  const facts = { reason: 'hangs', flag: 'vmx', nested: false, device: true } as const
  const untried = 'the probe guest could not be started: EROFS: read-only file system'
  const denied = { ...facts, reason: 'Could not access KVM kernel module: Permission denied' }
  table([
    ['ran', judgeKvm({ ...facts, reason: '' }, root), 'ok', /ran on KVM$/, null],
    ['ran nested', judgeKvm({ ...facts, reason: '', nested: true }, root), 'ok', /itself a guest/, null],
    ['hangs', judgeKvm(facts, root), 'warning', /hangs.*emulation/, /^modprobe -r kvm_intel && modprobe/],
    ['hangs nested', judgeKvm({ ...facts, nested: true }, root), 'warning', /TCG/, /^on the hypervisor that/],
    ['no module', judgeKvm({ ...facts, device: false }, root), 'warning', /TCG/, /^modprobe kvm_intel$/],
    ['AMD', judgeKvm({ ...facts, device: false, flag: 'svm' }, root), 'warning', /TCG/, /^modprobe kvm_amd$/],
    ['no flag', judgeKvm({ ...facts, flag: null }, root), 'warning', /TCG/, /firmware set-up/],
    ['no flag, nested', judgeKvm({ ...facts, flag: null, nested: true }, root), 'warning', /TCG/, /nested=1/],
    ['not tried', judgeKvm({ ...facts, reason: untried }, root), 'unknown', /read-only/, /\/tmp/],
    ['may not', judgeKvm(denied, nobody), 'unknown', /only root/, /sudo/],
    ['root may not', judgeKvm(denied, root), 'warning', /Permission denied/, /modprobe/],
  ])
})

test('libvirt must answer and be new enough', () => {
  const facts = { uri: 'qemu:///system', version: '', reason: 'no socket', installed: true }
  const polkit = { ...facts, reason: 'authentication unavailable: no polkit agent available' }
  table([
    ['answers', judgeLibvirt({ ...facts, version: '9.0.0' }, root), 'ok', /9\.0\.0 answers/, null],
    ['at least 8', judgeLibvirt({ ...facts, version: '8.0.0' }, root), 'ok', /8\.0\.0/, null],
    ['ten', judgeLibvirt({ ...facts, version: '10.1.0' }, root), 'ok', /10\.1\.0/, null],
    ['old', judgeLibvirt({ ...facts, version: '7.0.0' }, root), 'error', /older than 8/, /Debian 12/],
    ['silent', judgeLibvirt(facts, root), 'error', /no socket/, /^systemctl enable --now libvirtd\.socket$/],
    ['silent, no systemd', judgeLibvirt(facts, bare), 'error', /no socket/, /^\/usr\/sbin\/libvirtd -d$/],
    ['absent', judgeLibvirt({ ...facts, installed: false }, root), 'error', /./, /libvirt-daemon-system/],
    ['elsewhere', judgeLibvirt({ ...facts, uri: "a'b" }, root), 'error', /a'b/, /-c 'a'\\''b' version/],
    ['may not', judgeLibvirt(polkit, nobody), 'unknown', /only root/, /sudo/],
    ['root', judgeLibvirt(polkit, root), 'error', /polkit/, /systemctl/],
  ])
})

test("libvirt's helpers are judged by what they are for", () => {
  const log = { name: 'virtlogd', socket: 'answers', usual: true, installed: true } as const
  const lock = { ...log, name: 'virtlockd' } as const
  table([
    ['answers', judgeDaemon(log, root), 'ok', /answers/, null],
    [
      'no log',
      judgeDaemon({ ...log, socket: 'absent' }, root),
      'error',
      /no guest can start/,
      /virtlogd\.socket/,
    ],
    [
      'dead log',
      judgeDaemon({ ...log, socket: 'refuses' }, bare),
      'error',
      /virtlogd/,
      /^\/usr\/sbin\/virtlogd -d$/,
    ],
    ['no lock', judgeDaemon({ ...lock, socket: 'absent' }, bare), 'warning', /two guests/, /virtlockd -d/],
    ['may not', judgeDaemon({ ...lock, socket: 'denied' }, nobody), 'unknown', /only root/, /sudo/],
    [
      'elsewhere',
      judgeDaemon({ ...log, socket: 'absent', usual: false }, root),
      'unknown',
      /of its own/,
      null,
    ],
    [
      'not installed',
      judgeDaemon({ ...log, socket: 'absent', installed: false }, root),
      'error',
      /./,
      /apt-get/,
    ],
  ])
})

test('every tool names the package that brings it', () => {
  for (const spec of tools) {
    const missing = judgeTool(spec, { path: '', version: '', reason: '' })
    const install = `apt-get install ${spec.debian}`
    if (spec.onlyFor === undefined) {
      assert.equal(missing.state, spec.required ? 'error' : 'warning', spec.name)
      assert.equal(missing.mend, install)
    } else {
      assert.equal(missing.state, 'ok', spec.name)
      assert.ok(missing.detail.endsWith(install), missing.detail)
    }
    const there = judgeTool(spec, { path: `/bin/${spec.name}`, version: 'x 1.2.3', reason: '' })
    assert.deepEqual(there, { state: 'ok', detail: `1.2.3 (/bin/${spec.name})`, mend: null })
    const broken = judgeTool(spec, { path: '/bin/x', version: '', reason: 'libx.so is missing' })
    assert.equal(broken.state, 'warning')
    assert.match(broken.detail, /libx\.so/)
    assert.match(broken.mend ?? '', /--reinstall/)
  }
  assert.equal(versionOf('QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)'), '7.2.22')
  assert.equal(versionOf('nftables v1.0.6 (Lester Gooch #5)'), '1.0.6')
  assert.equal(versionOf('no number'), 'no number')
})

test('files of other packages', () => {
  const spec = { id: 'f', title: 'F', paths: ['/a', '/b'], debian: 'ovmf', purpose: 'no UEFI' }
  table([
    ['there', judgeFiles(spec, []), 'ok', /\/a, \/b/, null],
    ['missing', judgeFiles(spec, ['/b']), 'warning', /^\/b is not there: no UEFI/, /apt-get install ovmf/],
  ])
})

test('room in bytes and in inodes', () => {
  const gib = 2 ** 30
  const limits = { warnBytes: 10 * gib, failBytes: gib }
  const common = { directory: '/d/x', measured: '/d', totalBytes: 100 * gib }
  const facts = { ...common, freeBytes: 50 * gib, totalInodes: 1e6, freeInodes: 9e5 }
  table([
    ['enough', judgeSpace(facts, limits), 'ok', /50\.0 GiB of 100\.0 GiB free for \/d\/x/, null],
    [
      'little',
      judgeSpace({ ...facts, freeBytes: 9 * gib }, limits),
      'warning',
      /only 9\.0 GiB/,
      /du -xh .* \/d /,
    ],
    ['none', judgeSpace({ ...facts, freeBytes: 5e6 }, limits), 'error', /only 4 MiB/, /du -xh/],
    ['few inodes', judgeSpace({ ...facts, freeInodes: 4e4 }, limits), 'warning', /inodes/, /--inodes/],
    ['no inodes', judgeSpace({ ...facts, freeInodes: 9 }, limits), 'error', /only 9 inodes/, /--inodes/],
    ['no such limit', judgeSpace({ ...facts, totalInodes: 0, freeInodes: 0 }, limits), 'ok', /free/, null],
  ])
})

test('the data directory belongs to root and to nobody else', () => {
  const state = { isDirectory: true, mode: 0o40711, uid: 0, writable: true }
  const facts = { directory: '/d', uid: 0, state, keyMode: 0o100600 }
  const other = (part: Partial<typeof state>) => judgeDataDir({ ...facts, state: { ...state, ...part } })
  table([
    ['good', judgeDataDir(facts), 'ok', /mode 0711/, null],
    ['not yet', judgeDataDir({ directory: '/d', uid: 0 }), 'ok', /first start makes it/, null],
    ['a file', other({ isDirectory: false }), 'error', /not a directory/, /^mv \/d \/d\.old$/],
    ['open', other({ mode: 0o40777 }), 'error', /mode 0777/, /^chmod 711 \/d$/],
    ["somebody's", other({ uid: 1000 }), 'error', /user id 1000/, /^chown root: \/d$/],
    ['read-only', other({ writable: false }), 'error', /read-only/, /remount,rw/],
    [
      'key',
      judgeDataDir({ ...facts, keyMode: 0o644 }),
      'error',
      /secret\.key/,
      /^chmod 600 \/d\/secret\.key$/,
    ],
    [
      'as nobody',
      judgeDataDir({ ...facts, uid: 65534, state: { ...state, writable: false } }),
      'ok',
      /./,
      null,
    ],
  ])
})

test('QEMU passes every directory on the way to the disks', () => {
  const user = { name: 'libvirt-qemu', uid: 64055, groups: [107, 109] }
  const step = (path: string, mode: number, gid = 0, uid = 0) => ({ path, mode, uid, gid })
  const open = [step('/', 0o755), step('/d', 0o711)]
  const facts = { pool: '/d', user, steps: open, exists: true }
  const closed = [step('/', 0o755), step('/d', 0o700)]
  table([
    ['open', judgeReach(facts), 'ok', /libvirt-qemu reaches \/d/, null],
    ['closed', judgeReach({ ...facts, steps: closed }), 'error', /cannot pass \/d /, /^chmod o\+x \/d$/],
    ['by ACL', judgeReach({ ...facts, steps: closed, tried: true }), 'ok', /reaches/, null],
    ['by group', judgeReach({ ...facts, steps: [step('/d', 0o710, 109)] }), 'ok', /reaches/, null],
    [
      'group shut',
      judgeReach({ ...facts, steps: [step('/d', 0o701, 109)] }),
      'error',
      /cannot pass/,
      /chmod/,
    ],
    ['as owner', judgeReach({ ...facts, steps: [step('/d', 0o700, 0, 64055)] }), 'ok', /reaches/, null],
    ['refused', judgeReach({ ...facts, tried: false }), 'error', /cannot reach/, /^namei -l \/d/],
    ['root', judgeReach({ ...facts, steps: closed, user: { ...user, uid: 0 } }), 'ok', /reaches/, null],
    ['not yet', judgeReach({ ...facts, exists: false }), 'ok', /does not exist yet/, null],
    ['no account', judgeReach({ ...facts, user: undefined }), 'unknown', /account/, /libvirt-daemon-system/],
  ])
})

test('the port is free, ours, or of somebody with a name', () => {
  const free: PortFacts = { host: '0.0.0.0', port: 5870, refused: '', running: false }
  const taken = { ...free, refused: 'EADDRINUSE' }
  const nginx = { ...taken, holder: { pid: 7, name: 'nginx', nacelle: false } }
  const own = { ...taken, running: true, holder: { pid: 8, name: 'nacelle', nacelle: true } }
  table([
    ['free', judgePort(free, root), 'ok', /0\.0\.0\.0:5870 is free/, null],
    ['IPv6', judgePort({ ...free, host: '::' }, root), 'ok', /\[::\]:5870/, null],
    ['ours', judgePort(own, root), 'ok', /Nacelle itself \(process 8\)/, null],
    [
      'nginx',
      judgePort(nginx, root),
      'error',
      /nginx \(process 7\)/,
      /kill 7.*--listen https:\/\/0\.0\.0\.0:5871/,
    ],
    ['unseen', judgePort(taken, nobody), 'error', /another program/, /^ss -ltnp 'sport = :5870'/],
    ['unseen, runs', judgePort({ ...taken, running: true }, nobody), 'ok', /Nacelle runs/, null],
    [
      'not here',
      judgePort({ ...free, refused: 'EADDRNOTAVAIL' }, root),
      'error',
      /not an address/,
      /--listen/,
    ],
    ['low', judgePort({ ...free, port: 443, refused: 'EACCES' }, nobody), 'ok', /only root/, null],
    ['forbidden', judgePort({ ...free, refused: 'EACCES' }, root), 'error', /may not/, /--listen/],
    ['odd', judgePort({ ...free, refused: 'EINVAL' }, root), 'error', /EINVAL/, /--listen/],
  ])
})

test('the clock', () => {
  const facts = { source: 'chrony', synchronized: true, service: 'chrony' } as const
  const adrift = { ...facts, synchronized: false }
  table([
    ['good', judgeClock(facts, root), 'ok', /says chrony/, null],
    ['adrift', judgeClock(adrift, root), 'warning', /not synchronised/, /^systemctl enable --now chrony$/],
    ['no systemd', judgeClock(adrift, bare), 'warning', /not synchronised/, /^\/usr\/sbin\/chronyd$/],
    [
      'timesyncd',
      judgeClock({ ...adrift, service: 'timesyncd' }, root),
      'warning',
      /./,
      /^timedatectl set-ntp true$/,
    ],
    [
      'nobody',
      judgeClock({ ...adrift, source: '', service: '' }, root),
      'unknown',
      /nothing/,
      /install chrony/,
    ],
  ])
})

test('the system around', () => {
  const two = { version: 2, controllers: ['cpu', 'memory', 'pids'] } as const
  table([
    ['root', judgePrivileges(0), 'ok', /root/, null],
    ['nobody', judgePrivileges(65534), 'unknown', /65534/, /^sudo nacelle doctor$/],
    ['systemd', judgeInit(root), 'ok', /systemd/, null],
    ['no systemd', judgeInit(bare), 'warning', /does not run/, /libvirtd -d/],
    ['cgroups', judgeCgroups(two), 'ok', /version 2/, null],
    [
      'no cgroups',
      judgeCgroups({ version: 0, controllers: [] }),
      'warning',
      /no control groups/,
      /mount -t cgroup2/,
    ],
    ['no cpu', judgeCgroups({ ...two, controllers: ['memory'] }), 'warning', /lacks cpu:/, /\+cpu/],
    [
      'no memory',
      judgeCgroups({ ...two, controllers: ['cpu'] }),
      'warning',
      /lacks memory/,
      /cgroup_enable=memory/,
    ],
    ['SELinux off', judgeSelinux({ mode: 'off', pool: '/p' }), 'ok', /not in use/, null],
    ['permissive', judgeSelinux({ mode: 'permissive', pool: '/p' }), 'ok', /permissive/, null],
    ['enforcing', judgeSelinux({ mode: 'enforcing', pool: '/p' }), 'warning', /label/, /restorecon -R '\/p'/],
  ])
})
