import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { figuresReading } from '../../api/figures.ts'
import { Chart } from '../../components/Chart.tsx'
import type { ChartField } from '../../components/chart-data.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { bytesText } from '../../ui/format.ts'
import type { GuestDetail } from './use-guest.ts'

export interface GuestChartsProps {
  guest: Pick<GuestDetail, 'id' | 'cores' | 'memory'>
  rangeSeconds: number
  isTall?: boolean
}

/** CPU, memory, disks and network of a guest over time. */
export function GuestCharts({
  guest: { id, cores, memory },
  rangeSeconds,
  isTall = false,
}: GuestChartsProps) {
  const { t, i18n } = useTranslation('instance')
  const { data, error, refetch } = useQuery(
    figuresReading('/figures/guests/{id}', { of: { id }, rangeSeconds }),
  )
  const fields = useMemo(
    () => ({
      cpu: [{ field: 'cpu_usage', label: t('cpu') }] satisfies ChartField[],
      memory: [
        { field: 'available_memory', label: t('memory'), of: (free: number) => Math.max(0, memory - free) },
      ] satisfies ChartField[],
      disk: [
        { field: 'read_speed', label: t('read') },
        { field: 'write_speed', label: t('written') },
      ] satisfies ChartField[],
      network: [
        { field: 'receive_speed', label: t('received') },
        { field: 'send_speed', label: t('sent') },
      ] satisfies ChartField[],
    }),
    [t, memory],
  )
  if (error && !data) return <Refusal error={error} onRetry={() => void refetch()} />
  const shared = { figures: data, isTall }
  return (
    <div className="guest-charts">
      <Chart
        {...shared}
        title={t('cpu')}
        unit="percent"
        top={100}
        fields={fields.cpu}
        note={t('ofCores', { count: cores })}
      />
      <Chart
        {...shared}
        title={t('memory')}
        unit="bytes"
        top={memory}
        fields={fields.memory}
        note={t('ofMemory', { size: bytesText(memory, i18n.language) })}
      />
      <Chart {...shared} title={t('diskIo')} unit="rate" fields={fields.disk} />
      <Chart {...shared} title={t('networkIo')} unit="rate" fields={fields.network} />
    </div>
  )
}
