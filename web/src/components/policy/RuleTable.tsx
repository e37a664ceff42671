import { useTranslation } from 'react-i18next'
import { DataTable } from '../../ui/DataTable.tsx'
import { ActionLabel } from './ActionLabel.tsx'
import type { Rule } from './rules.ts'

/** Rules to read, such as those that a guest has of its group. */
export function RuleTable({ label, rules }: { label: string; rules: readonly Rule[] }) {
  const { t } = useTranslation('policies')
  const rows = rules.map((rule, index) => ({ rule, place: index + 1 }))
  type Row = (typeof rows)[number]
  return (
    <DataTable<Row>
      label={label}
      rows={rows}
      rowKey={({ place }) => String(place)}
      columns={[
        { key: 'place', title: t('place'), modifier: 'fitContent', render: ({ place }) => place },
        { key: 'action', title: t('action'), render: ({ rule }) => <ActionLabel action={rule.action} /> },
        { key: 'protocol', title: t('protocol'), render: ({ rule }) => rule.protocol.toUpperCase() },
        { key: 'port', title: t('port'), render: ({ rule }) => (rule.to_port > 0 ? rule.to_port : t('any')) },
        { key: 'from', title: t('from'), render: ({ rule }) => rule.from_address ?? t('any') },
        { key: 'to', title: t('to'), render: ({ rule }) => rule.to_address ?? t('any') },
      ]}
      empty={<p>{t('noRules')}</p>}
    />
  )
}
