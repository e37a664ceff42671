import './host.css'
import { useTranslation } from 'react-i18next'
import { bytesText, percentText } from '../ui/format.ts'
import { UsageBar } from '../ui/UsageBar.tsx'

export interface Usage {
  cpu_usage: number
  max_cpu: number
  available_memory: number
  max_memory: number
  available_disk: number
  max_disk: number
}

const share = (free: number, all: number) => (all > 0 ? Math.min(1, Math.max(0, 1 - free / all)) : 0)

/** How much of CPU, memory and disk is in use, as small bars with figures. */
export function UsageFacts({ usage }: { usage: Usage }) {
  const { t, i18n } = useTranslation('compute')
  const { language } = i18n
  const size = (bytes: number) => bytesText(bytes, language)
  return (
    <dl className="usage-facts">
      <div>
        <dt>{t('cpu')}</dt>
        <dd>
          <UsageBar
            label={t('cpu')}
            ratio={usage.cpu_usage / 100}
            text={percentText(usage.cpu_usage / 100, language)}
          />
          <small>{t('ofCores', { count: usage.max_cpu })}</small>
        </dd>
      </div>
      <div>
        <dt>{t('memory')}</dt>
        <dd>
          <UsageBar
            label={t('memory')}
            ratio={share(usage.available_memory, usage.max_memory)}
            text={size(Math.max(0, usage.max_memory - usage.available_memory))}
          />
          <small>{t('ofAll', { size: size(usage.max_memory) })}</small>
        </dd>
      </div>
      <div>
        <dt>{t('disk')}</dt>
        <dd>
          <UsageBar
            label={t('disk')}
            ratio={share(usage.available_disk, usage.max_disk)}
            text={size(Math.max(0, usage.max_disk - usage.available_disk))}
          />
          <small>{t('ofAll', { size: size(usage.max_disk) })}</small>
        </dd>
      </div>
    </dl>
  )
}
