import { Card, CardBody, ToggleGroup, ToggleGroupItem } from '@patternfly/react-core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { GuestCharts } from './GuestCharts.tsx'
import { useGuest } from './use-guest.ts'

const hour = 3_600
const ranges = { '1h': hour, '6h': 6 * hour, '24h': 24 * hour, '7d': 168 * hour, '30d': 720 * hour } as const
type Range = keyof typeof ranges
const isRange = (text: string | undefined): text is Range => text !== undefined && text in ranges

/** What the guest did: an hour in ten-second steps, up to 30 days in longer ones. */
export function Performance() {
  const { t } = useTranslation('instance')
  const guest = useGuest()
  const navigate = useNavigate()
  const { range: asked } = useSearch({ from: '/framed/instances/$id' })
  const range = isRange(asked) ? asked : '1h'
  return (
    <>
      <h2 className="pf-v6-screen-reader">{t('performance')}</h2>
      <ToggleGroup aria-label={t('span')} className="performance-range">
        {(Object.keys(ranges) as Range[]).map((key) => (
          <ToggleGroupItem
            key={key}
            text={t(`range${key}`)}
            buttonId={`range-${key}`}
            isSelected={key === range}
            onChange={() =>
              void navigate({ to: '.', search: (earlier) => ({ ...earlier, range: key }), replace: true })
            }
          />
        ))}
      </ToggleGroup>
      <Card isCompact>
        <CardBody>
          <GuestCharts guest={guest} rangeSeconds={ranges[range]} isTall />
        </CardBody>
      </Card>
      <p className="performance-hint">{t('performanceHint')}</p>
    </>
  )
}
