import './network.css'
import {
  Card,
  CardBody,
  CardTitle,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { bytesText, rateText } from '../../ui/format.ts'

const everyMs = 2000

/** What goes over the card at this moment. */
export function NetworkRates({ id, isRunning }: { id: string; isRunning: boolean }) {
  const { t, i18n } = useTranslation('network')
  const { data } = useQuery({
    ...reading('/instances/{id}', { params: { path: { id } } }),
    enabled: isRunning,
    refetchInterval: everyMs,
  })
  const figures =
    data && 'receive_speed' in data
      ? ([
          [t('receives'), data.receive_speed, data.bytes_received],
          [t('sends'), data.send_speed, data.bytes_sent],
        ] as const)
      : []
  return (
    <Card isCompact isFullHeight>
      <CardTitle component="h2">{t('rates')}</CardTitle>
      <CardBody>
        {isRunning ? (
          <DescriptionList isHorizontal isCompact>
            {figures.map(([term, rate, total]) => (
              <DescriptionListGroup key={term}>
                <DescriptionListTerm>{term}</DescriptionListTerm>
                <DescriptionListDescription>
                  {t('total', {
                    rate: rateText(rate, i18n.language),
                    total: bytesText(total, i18n.language),
                  })}
                </DescriptionListDescription>
              </DescriptionListGroup>
            ))}
          </DescriptionList>
        ) : (
          <p>{t('notRunning')}</p>
        )}
        <Link className="network-more" to="/instances/$id/performance" params={{ id }}>
          {t('toPerformance')}
        </Link>
      </CardBody>
    </Card>
  )
}
