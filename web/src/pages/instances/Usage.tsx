import { useTranslation } from 'react-i18next'
import { isOn, stateOf } from '../../components/guest-verbs.ts'
import { bytesText, percentText } from '../../ui/format.ts'
import { UsageBar } from '../../ui/UsageBar.tsx'
import type { Guest } from './use-guest-rows.ts'

/** How busy its cores are; of one that is off, how many there are. */
export function CpuUsage({ guest }: { guest: Guest }) {
  const { t, i18n } = useTranslation('instances')
  const cores = t('cores', { count: guest.cores })
  if (!isOn(stateOf(guest))) return <span className="instances-quiet">{cores}</span>
  const ratio = guest.cpu_usage / 100
  const text = t('ofCores', { ratio: percentText(ratio, i18n.language), count: guest.cores })
  return <UsageBar label={t('cpu')} ratio={ratio} text={text} />
}

/** How much of its memory is taken; of one that is off or does not tell, how much it has. */
export function MemoryUsage({ guest }: { guest: Guest }) {
  const { t, i18n } = useTranslation('instances')
  const all = bytesText(guest.memory, i18n.language)
  const isKnown = isOn(stateOf(guest)) && guest.memory_available > 0
  if (!isKnown) return <span className="instances-quiet">{all}</span>
  const used = Math.max(0, guest.memory - guest.memory_available)
  const text = t('usedOf', { used: bytesText(used, i18n.language), all })
  return <UsageBar label={t('memory')} ratio={used / guest.memory} text={text} />
}
