import './host.css'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { figuresReading } from '../api/figures.ts'
import { bytesText } from '../ui/format.ts'
import { Chart } from './Chart.tsx'

type Path = Parameters<typeof figuresReading>[0]

export interface HostChartsProps {
  path: Path
  /** Parameters of the path. */
  of?: Record<string, string>
  /** What there is in all; zero where it is not known. */
  all: { max_cpu: number; max_memory: number; max_disk: number }
}

/** CPU, memory, disks and network of the zone, a pool or a cell, in the last hour. */
export function HostCharts({ path, of = {}, all }: HostChartsProps) {
  const { t, i18n } = useTranslation('compute')
  const { data: figures } = useQuery(figuresReading(path, { of }))
  const { language } = i18n
  return (
    <div className="host-charts">
      <Chart
        title={t('cpu')}
        unit="percent"
        figures={figures}
        fields={[{ field: 'cpu_usage', label: t('cpu') }]}
        top={100}
        note={t('ofCores', { count: all.max_cpu })}
      />
      <Chart
        title={t('memoryGiven')}
        unit="bytes"
        figures={figures}
        fields={[
          {
            field: 'available_memory',
            label: t('memoryGiven'),
            of: (free) => Math.max(0, all.max_memory - free),
          },
        ]}
        {...(all.max_memory > 0 ? { top: all.max_memory } : {})}
        note={t('ofAll', { size: bytesText(all.max_memory, language) })}
      />
      <Chart
        title={t('disks')}
        unit="rate"
        figures={figures}
        fields={[
          { field: 'read_speed', label: t('read') },
          { field: 'write_speed', label: t('written') },
        ]}
      />
      <Chart
        title={t('network')}
        unit="rate"
        figures={figures}
        fields={[
          { field: 'receive_speed', label: t('received') },
          { field: 'send_speed', label: t('sent') },
        ]}
      />
    </div>
  )
}
