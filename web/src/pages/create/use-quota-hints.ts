import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { useMay } from '../../api/session.ts'
import { bytesText } from '../../ui/format.ts'

/** What the group has left of its quota, in a sentence each; undefined where there is no bound, or it may not be read. */
export function useQuotaHints(group: string) {
  const { t, i18n } = useTranslation('create')
  const enabled = useMay('identity.read') && group !== ''
  const { data } = useQuery({
    ...reading('/user_groups/{name}', { params: { path: { name: group } } }),
    enabled,
  })
  const hint = (
    most: number | null | undefined,
    used: number | undefined,
    textOf: (value: number) => string,
  ) =>
    most === null || most === undefined
      ? undefined
      : t('quotaHint', { group, left: textOf(Math.max(0, most - (used ?? 0))), most: textOf(most) })
  const size = (bytes: number) => bytesText(bytes, i18n.language)
  return {
    cores: hint(data?.quota.cores, data?.used.cores, String),
    memory: hint(data?.quota.memory, data?.used.memory, size),
    disk: hint(data?.quota.disk, data?.used.disk, size),
    guests: hint(data?.quota.guests, data?.used.guests, String),
  }
}
