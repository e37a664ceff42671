import { Label, Skeleton } from '@patternfly/react-core'
import CheckCircleIcon from '@patternfly/react-icons/dist/esm/icons/check-circle-icon'
import ExclamationCircleIcon from '@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon'
import ExclamationTriangleIcon from '@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { bytesText } from '../../ui/format.ts'
import { UsageBar } from '../../ui/UsageBar.tsx'
import { isPoolType, type PoolDetails } from './pool-fields.ts'

const lookEveryMs = 15_000
/** From here on creations and growing disks soon find no room. */
const full = 0.95

/** A pool with its figures, which also others than the appliance move. */
export const usePool = (name: string) =>
  useQuery({
    ...reading('/storage_pools/{pool}', { params: { path: { pool: name } } }),
    refetchInterval: lookEveryMs,
  })

const usedShare = ({ used, total }: PoolDetails) => (total > 0 ? used / total : 0)

/** Whether the pool answers, and has room. */
export function PoolState({ name }: { name: string }) {
  const { t } = useTranslation('storage')
  const { data, error } = usePool(name)
  if (!data) return error ? <Failed text={error.message} /> : <Skeleton width="6rem" />
  if (data.error !== '') return <Failed text={data.error} />
  const isFull = usedShare(data) >= full
  return (
    <Label
      isCompact
      variant="outline"
      color={isFull ? 'orange' : 'green'}
      icon={isFull ? <ExclamationTriangleIcon /> : <CheckCircleIcon />}
    >
      {t(isFull ? 'nearlyFull' : 'answers')}
    </Label>
  )
}

function Failed({ text }: { text: string }) {
  const { t } = useTranslation('storage')
  return (
    <Label isCompact variant="outline" color="red" icon={<ExclamationCircleIcon />} title={text}>
      {t('silent')}
    </Label>
  )
}

export function PoolType({ type }: { type: string }) {
  const { t } = useTranslation('storage')
  return isPoolType(type) ? t(`type_${type}`) : type
}

/** How full the pool is, of all that there is. */
export function PoolUsage({ name }: { name: string }) {
  const { t, i18n } = useTranslation('storage')
  const { data } = usePool(name)
  if (!data || data.total === 0) return null
  const size = (bytes: number) => bytesText(bytes, i18n.language)
  return (
    <UsageBar
      label={t('usageOf', { name })}
      ratio={usedShare(data)}
      text={t('usedOf', { used: size(data.used), total: size(data.total) })}
    />
  )
}
