import {
  Card,
  CardBody,
  CardTitle,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from '@patternfly/react-core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { CopyText } from '../../ui/CopyText.tsx'
import { UsageBar } from '../../ui/UsageBar.tsx'
import type { Pool } from './addresses.ts'

export function PoolFacts({ pool }: { pool: Pool }) {
  const { t, i18n } = useTranslation('network')
  const all = [...pool.ranges, ...pool.external_ranges].reduce((sum, { capacity }) => sum + capacity, 0)
  const used = pool.allocated.length + pool.external_allocated.length
  const number = (value: number) => value.toLocaleString(i18n.language)
  const facts: [string, ReactNode][] = [
    [
      t('used'),
      <UsageBar
        key="used"
        label={t('used')}
        ratio={all === 0 ? 0 : used / all}
        text={t('usedOf', { used: number(used), all: number(all) })}
      />,
    ],
    [t('gateway'), <CopyText key="gateway" text={pool.gateway} />],
    [t('dns'), pool.dns.length > 0 ? pool.dns.join(', ') : t('dnsHost')],
    [t('provider'), t(pool.provider === 'cloudinit' ? 'cloudinit' : 'dhcp')],
  ]
  return (
    <Card isCompact>
      <CardTitle component="h2">{t('facts')}</CardTitle>
      <CardBody>
        <DescriptionList isCompact>
          {facts.map(([term, value]) => (
            <DescriptionListGroup key={term}>
              <DescriptionListTerm>{term}</DescriptionListTerm>
              <DescriptionListDescription>{value}</DescriptionListDescription>
            </DescriptionListGroup>
          ))}
        </DescriptionList>
      </CardBody>
    </Card>
  )
}
