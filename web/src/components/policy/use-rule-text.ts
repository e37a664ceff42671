import { useTranslation } from 'react-i18next'
import type { Rule } from './rules.ts'

/** A rule in a short sentence: `accept TCP to port 443 from 10.0.0.0/8`. */
export function useRuleText(): (rule: Rule) => string {
  const { t } = useTranslation('policies')
  return ({ action, protocol, from_address, to_address, to_port }) =>
    [
      t(action === 'reject' ? 'rejectWord' : 'acceptWord', { protocol: protocol.toUpperCase() }),
      to_port > 0 ? t('toPortWord', { port: to_port }) : '',
      from_address ? t('fromWord', { address: from_address }) : '',
      to_address ? t('toWord', { address: to_address }) : '',
    ]
      .filter(Boolean)
      .join(' ')
}
