import { useTranslation } from 'react-i18next'
import { bytesText, percentText } from '../../ui/format.ts'
import { UsageBar } from '../../ui/UsageBar.tsx'
import { type CellStatus, guestNumbers, type PoolStatus } from './pool-body.ts'

type Load = PoolStatus | CellStatus

export function CpuBar({ load }: { load: Load }) {
  const { t, i18n } = useTranslation('compute')
  const ratio = load.cpu_usage / 100
  return <UsageBar label={t('cpu')} ratio={ratio} text={percentText(ratio, i18n.language)} />
}

export function MemoryBar({ load }: { load: Load }) {
  const { t, i18n } = useTranslation('compute')
  const used = Math.max(0, load.max_memory - load.available_memory)
  const size = (bytes: number) => bytesText(bytes, i18n.language)
  if (load.max_memory === 0) return null
  return (
    <UsageBar
      label={t('memory')}
      ratio={used / load.max_memory}
      text={`${size(used)} / ${size(load.max_memory)}`}
    />
  )
}

/** How many guests run, of how many. */
export function GuestsText({ instances }: { instances: readonly unknown[] }) {
  const { t } = useTranslation('compute')
  const { running, all } = guestNumbers(instances)
  return t('runningOf', { running, count: all })
}
