import type { Answer, Request } from '../../api/client.ts'
import { ApiError } from '../../api/errors.ts'
import type { storage } from '../../i18n/en/storage.ts'

export type Word = keyof typeof storage
export type PoolDetails = Answer<'/storage_pools/{pool}', 'get'>
export type PoolBody = NonNullable<Request<'/storage_pools/{pool}', 'post'>['body']>

export const poolTypes = ['dir', 'nfs', 'ceph', 'iscsi'] as const
export type PoolType = (typeof poolTypes)[number]

export const isPoolType = (text: string | undefined): text is PoolType =>
  poolTypes.some((type) => type === text)

/** Names of the body: those of the type, which the appliance also says in its refusals. */
export type FieldKey =
  | 'target'
  | 'host'
  | 'options'
  | 'monitors'
  | 'pool'
  | 'user'
  | 'key'
  | 'portal'
  | 'iqn'
  | 'chap_user'
  | 'chap_secret'
  | 'initiator_iqn'
  | 'initiator'

export interface PoolField {
  key: FieldKey
  label: Word
  hint: Word
  isRequired?: boolean
  isSecret?: boolean
  /** Where the pool leads: changed only while it is empty. */
  isPlace?: boolean
  choices?: readonly { value: string; label: Word }[]
}

export const fieldsOf: Readonly<Record<PoolType, readonly PoolField[]>> = {
  dir: [{ key: 'target', label: 'directory', hint: 'directoryHint', isRequired: true, isPlace: true }],
  nfs: [
    { key: 'host', label: 'server', hint: 'serverHint', isRequired: true, isPlace: true },
    { key: 'target', label: 'exportPath', hint: 'exportHint', isRequired: true, isPlace: true },
    { key: 'options', label: 'mountOptions', hint: 'mountOptionsHint' },
  ],
  ceph: [
    { key: 'monitors', label: 'monitors', hint: 'monitorsHint', isRequired: true, isPlace: true },
    { key: 'pool', label: 'cephPool', hint: 'cephPoolHint', isRequired: true, isPlace: true },
    { key: 'user', label: 'cephUser', hint: 'cephUserHint' },
    { key: 'key', label: 'cephKey', hint: 'secretHint', isSecret: true },
  ],
  iscsi: [
    { key: 'portal', label: 'portal', hint: 'portalHint', isRequired: true, isPlace: true },
    { key: 'iqn', label: 'iqn', hint: 'iqnHint', isRequired: true, isPlace: true },
    { key: 'chap_user', label: 'chapUser', hint: 'chapUserHint' },
    { key: 'chap_secret', label: 'chapSecret', hint: 'secretHint', isSecret: true },
    {
      key: 'initiator',
      label: 'initiator',
      hint: 'initiatorHint',
      choices: [
        { value: 'auto', label: 'initiatorAuto' },
        { value: 'kernel', label: 'initiatorKernel' },
        { value: 'qemu', label: 'initiatorQemu' },
      ],
    },
    { key: 'initiator_iqn', label: 'initiatorIqn', hint: 'initiatorIqnHint' },
  ],
}

// A refusal may name the original's word for a field.
const sameField: readonly (readonly string[])[] = [
  ['host', 'monitors', 'portal'],
  ['target', 'pool', 'iqn'],
  ['key', 'chap_secret'],
]

/** The field of this type's form that a refusal is about; undefined where it is about none of them. */
export function refusedField(error: unknown, type: PoolType): string | undefined {
  if (!(error instanceof ApiError) || error.field === undefined) return undefined
  const { field } = error
  if (field === 'name' || field === 'type') return field
  const names = sameField.find((group) => group.includes(field)) ?? [field]
  return fieldsOf[type].find(({ key }) => names.includes(key))?.key
}

export type PoolValues = Partial<Record<string, string>>

/** What a new pool is asked for with; what was left empty is left out. */
export function createBody(type: PoolType, values: PoolValues): PoolBody {
  const given = fieldsOf[type].map(({ key }) => [key, values[key]?.trim() ?? ''] as const)
  return { type, ...Object.fromEntries(given.filter(([, value]) => value !== '')) }
}

/** Only what was changed; a secret only where one was typed. */
export function changeBody(type: PoolType, before: PoolValues, values: PoolValues): Partial<PoolBody> {
  const changed = fieldsOf[type].filter(({ key, isSecret }) => {
    const value = values[key]?.trim() ?? ''
    return isSecret ? value !== '' : value !== (before[key] ?? '')
  })
  return Object.fromEntries(changed.map(({ key }) => [key, values[key]?.trim() ?? '']))
}

/** A pool as the form shows it. */
export const valuesOf = (pool: PoolDetails): PoolValues => ({
  ...{ host: pool.host, monitors: pool.host, portal: pool.host },
  ...{ target: pool.target, pool: pool.target, iqn: pool.target },
  options: pool.options ?? '',
  user: pool.user ?? '',
  chap_user: pool.chap_user ?? '',
  initiator: pool.initiator ?? 'auto',
  initiator_iqn: pool.initiator_iqn ?? '',
})
