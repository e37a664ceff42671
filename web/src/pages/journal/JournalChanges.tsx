import { ExpandableSection } from '@patternfly/react-core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Answer } from '../../api/client.ts'

type Change = Answer<'/journal', 'get'>['entries'][number]['changes'][number]

/** The rows that one commit has changed, each with what it was afterwards. */
export function JournalChanges({ changes }: { changes: readonly Change[] }) {
  const { t } = useTranslation('journal')
  const kindOf = ({ before, after }: Change) =>
    after === null ? t('deleted') : before === null ? t('created') : t('changed')
  return (
    <>
      {changes.map((change) => (
        <div key={`${change.table} ${change.key}`}>
          {change.table} <RowLink change={change} /> {kindOf(change)}
          {change.after !== null && (
            <ExpandableSection toggleText={t('rowAfter')} displaySize="default">
              <pre className="journal-row">{JSON.stringify(change.after, null, 2)}</pre>
            </ExpandableSection>
          )}
        </div>
      ))}
    </>
  )
}

function RowLink({ change: { table, key, after } }: { change: Change }) {
  if (table !== 'guest' || after === null) return <code>{key}</code>
  return (
    <Link to="/instances/$id" params={{ id: key }}>
      {key}
    </Link>
  )
}
