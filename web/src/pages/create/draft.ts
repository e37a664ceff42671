import * as v from 'valibot'

const gibibyte = 2 ** 30

const text = v.fallback(v.string(), '')
const figure = (otherwise: number) => v.fallback(v.number(), otherwise)
const flag = (otherwise: boolean) => v.fallback(v.boolean(), otherwise)

/** What a person has put into the wizard so far, but for the password; sizes in bytes, rates in bytes or operations a second. */
export const draftSchema = v.object({
  source: v.fallback(v.picklist(['image', 'media', 'empty']), 'image'),
  image: text,
  media: text,
  template: text,
  system: v.fallback(v.picklist(['linux', 'windows']), 'linux'),
  firmware: v.fallback(v.picklist(['', 'bios', 'uefi']), ''),
  name: text,
  nameRule: v.fallback(v.picklist(['order', 'MAC', 'address']), 'order'),
  namePrefix: text,
  count: figure(2),
  owner: text,
  group: text,
  pool: text,
  tags: text,
  cores: figure(2),
  memoryBytes: figure(2 * gibibyte),
  diskBytes: v.fallback(v.array(v.number()), [20 * gibibyte]),
  networkAddress: text,
  ethernetAddress: text,
  ports: text,
  policyGroup: text,
  hasAgent: flag(true),
  hasCloudInit: flag(true),
  adminName: v.fallback(v.string(), 'root'),
  rootEnabled: flag(true),
  dataPath: v.fallback(v.string(), '/opt/data'),
  sshKeys: text,
  cpuPriority: v.fallback(v.picklist(['high', 'medium', 'low']), 'high'),
  readBytesPerSecond: figure(0),
  writeBytesPerSecond: figure(0),
  readIops: figure(0),
  writeIops: figure(0),
  receiveBytesPerSecond: figure(0),
  sendBytesPerSecond: figure(0),
  autoStart: flag(false),
  startPriority: figure(50),
  startDelaySeconds: figure(0),
})

export type StoredDraft = v.InferOutput<typeof draftSchema>
/** `password` is kept in memory only. */
export type Draft = StoredDraft & { password: string }

export const emptyDraft = (): Draft => ({ ...v.parse(draftSchema, {}), password: '' })

/** One draft of each kind in a tab of the browser. */
export type DraftKind = 'guest' | 'batch'

const keyOf = (kind: DraftKind) => `nacelle.create.${kind}`

/** What a reload left, if it can still be read. */
export function readDraft(kind: DraftKind): Draft | undefined {
  try {
    const stored = sessionStorage.getItem(keyOf(kind))
    if (stored === null) return undefined
    return { ...v.parse(draftSchema, JSON.parse(stored)), password: '' }
  } catch {
    return undefined
  }
}

export function keepDraft(kind: DraftKind, draft: Draft): void {
  const { password: _, ...stored } = draft
  try {
    sessionStorage.setItem(keyOf(kind), JSON.stringify(stored))
  } catch {
    // A browser without room or without storage has no drafts, and everything else works.
  }
}

export const dropDraft = (kind: DraftKind): void => sessionStorage.removeItem(keyOf(kind))
