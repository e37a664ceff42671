// Both languages are whole, and no page has words of its own.
import assert from 'node:assert/strict'
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { en } from '../../web/src/i18n/en.ts'
import { zh } from '../../web/src/i18n/zh.ts'
import { wordsIn } from './words-in-source.ts'

const root = join(import.meta.dirname, '..', '..')

/** What is written alike in every language; longer ones first, so that none is left of another. */
const sameEverywhere = [
  ...[
    'cloud-init',
    'Nacelle',
    'Ctrl',
    'Alt',
    'Del',
    'Esc',
    'Tab',
    'English',
    'journalctl',
    'OpenAPI',
    'Prometheus',
  ],
  ...[
    'libvirt',
    'QEMU',
    'virsh',
    'KVM',
    'TCG',
    'UEFI',
    'BIOS',
    'TPM',
    'VNC',
    'SSH',
    'RBD',
    'Ceph',
    'NFS',
    'iSCSI',
    'CHAP',
  ],
  ...[
    'IQN',
    'LUN',
    'DHCP',
    'NAT',
    'MAC',
    'IPv4',
    'IPv6',
    'IP',
    'DNS',
    'TCP',
    'UDP',
    'ICMP',
    'CIDR',
    'QoS',
    'IOPS',
    'UUID',
  ],
  ...[
    'SHA-256',
    'API',
    'CPU',
    'vCPU',
    'GiB',
    'MiB',
    'KiB',
    'TiB',
    'SCSI',
    'VirtIO',
    'virtio',
    'SATA',
    'IDE',
    'ISO',
    'qcow2',
  ],
  ...['Linux', 'Windows', 'URL', 'ID', 'TLS', 'HTTPS', 'RSS', 'GB', 'MB', 'Mbit/s', 'min', 'ms', 'h', 's'],
]

const messages = (language: object): Map<string, string> =>
  new Map(
    Object.entries(language).flatMap(([namespace, texts]) =>
      Object.entries(texts as Record<string, string>).map(
        ([key, text]) => [`${namespace}.${key}`, text] as const,
      ),
    ),
  )

const [english, chinese] = [messages(en), messages(zh)]

test('both languages have the same keys', () => {
  // A language without plurals has `_other` alone.
  const wanted = [...english.keys()].filter((key) => !key.endsWith('_one'))
  assert.deepEqual([...chinese.keys()].sort(), wanted.sort())
  const alone = [...english.keys()].filter(
    (key) => key.endsWith('_one') && !english.has(key.replace(/_one$/, '_other')),
  )
  assert.deepEqual(alone, [], 'a singular without its plural')
})

test('no text is empty, and all Chinese ones are Chinese', () => {
  const empty = [...english, ...chinese].filter(([, text]) => text.trim() === '').map(([key]) => key)
  assert.deepEqual(empty, [])
  const untranslated = [...chinese].filter(([, text]) => !/\p{Script=Han}/u.test(text) && hasWords(text))
  assert.deepEqual(untranslated, [])
})

test('both languages fill in the same values', () => {
  const differing = [...chinese]
    .filter(([key, text]) => placeholders(text) !== placeholders(english.get(key) ?? ''))
    .map(([key, text]) => `${key}: ${text}`)
  assert.deepEqual(differing, [])
})

test('nothing cheers and nothing apologizes', () => {
  const loud = [...english, ...chinese].filter(([, text]) => /[!！]|\boops\b|successfully|成功地/i.test(text))
  assert.deepEqual(loud, [])
})

test('no page has words of its own', async () => {
  const found: string[] = []
  for await (const file of glob('web/src/**/*.{ts,tsx}', { cwd: root, exclude: ['web/src/i18n/**'] })) {
    if (file.includes('.test.')) continue
    const text = await readFile(join(root, file), 'utf8')
    for (const { line, words } of wordsIn(file, text))
      if (hasWords(words)) found.push(`${file}:${line}: ${words}`)
  }
  assert.deepEqual(found, [])
})

test('the look for words sees what it must refuse, and lets pass what it may', () => {
  const refused = [
    '<p>Start it</p>',
    '<p>{name} is gone</p>',
    "<p>{'Gone'}</p>",
    `<p>{isOff ? \`Off since \${since}\` : null}</p>`,
    '<>{name || "Nobody"}</>',
    '<button aria-label="Close" />',
    "<Button title={isOn ? 'Stop' : t('start')} />",
    "const columns = [{ key: 'name', title: 'Name' }]",
  ]
  for (const source of refused) assert.equal(wordsIn('a.tsx', source).length, 1, source)
  const accepted = [
    "<p>{t('start')} · {count} %</p>",
    '<img alt="" src="/ui/icon.svg" />',
    '<Button variant="link" className="state" isActive={kind === \'disk\'} />',
    "const columns = [{ key: 'name', title: t('name') }]",
    '<p>{sizeOf(guest, "memory")}</p>',
  ]
  for (const source of accepted) assert.deepEqual(wordsIn('a.tsx', source), [], source)
})

function hasWords(text: string): boolean {
  const rest = sameEverywhere.reduce(
    (left, word) => left.replaceAll(new RegExp(`(?<!\\p{L})${word}(?!\\p{L})`, 'gu'), ''),
    text.replaceAll(/\{\{.*?\}\}/g, ''),
  )
  return /\p{L}/u.test(rest)
}

const placeholders = (text: string) =>
  [...new Set([...text.matchAll(/\{\{-?\s*(\w+)/g)].map(([, name]) => name))].sort().join()
