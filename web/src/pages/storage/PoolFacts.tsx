import {
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from '@patternfly/react-core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { CopyText } from '../../ui/CopyText.tsx'
import { bytesText, timeText } from '../../ui/format.ts'
import { PoolType, PoolUsage } from './PoolFigures.tsx'
import { fieldsOf, isPoolType, type PoolDetails, valuesOf } from './pool-fields.ts'

/** What a pool is, how full it is, and what its back end tells of itself. */
export function PoolFacts({ pool }: { pool: PoolDetails }) {
  const { t, i18n } = useTranslation('storage')
  const size = (bytes: number) => bytesText(bytes, i18n.language)
  const values = valuesOf(pool)
  const fields = isPoolType(pool.type) ? fieldsOf[pool.type].filter(({ isSecret }) => !isSecret) : []
  return (
    <DescriptionList isCompact columnModifier={{ default: '1Col', sm: '2Col', xl: '3Col' }}>
      <Fact term={t('type')}>
        <PoolType type={pool.type} />
      </Fact>
      {fields.map(({ key, label, isPlace }) => (
        <Fact key={key} term={t(label)}>
          {values[key] && (isPlace ? <CopyText text={values[key]} /> : values[key])}
        </Fact>
      ))}
      <Fact term={t('used')}>
        <PoolUsage name={pool.name} />
      </Fact>
      <Fact term={t('free')}>{pool.total > 0 && size(pool.free)}</Fact>
      <Fact term={t('quarantined')}>{t('quarantinedText', { size: size(pool.quarantined) })}</Fact>
      <Fact term={t('virtual')}>{t('virtualText', { size: size(pool.virtual) })}</Fact>
      {Object.entries(pool.state).map(([name, value]) => (
        <Fact key={name} term={name}>
          {String(value)}
        </Fact>
      ))}
      <Fact term={t('made')}>{timeText(pool.create_time, i18n.language)}</Fact>
    </DescriptionList>
  )
}

function Fact({ term, children }: { term: string; children: ReactNode }) {
  if (!children) return null
  return (
    <DescriptionListGroup>
      <DescriptionListTerm>{term}</DescriptionListTerm>
      <DescriptionListDescription>{children}</DescriptionListDescription>
    </DescriptionListGroup>
  )
}
