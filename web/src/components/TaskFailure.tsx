import { CodeBlock, CodeBlockCode } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import type { Task } from '../api/live-tasks.ts'
import { CopyText } from '../ui/CopyText.tsx'
import { Note } from '../ui/Note.tsx'

/** Why a task failed, the command and its words where they are known, and what to do now. */
export function TaskFailure({ task: { error, state, request_id } }: { task: Task }) {
  const { t } = useTranslation('tasks')
  if (!error || state === 'cancelled') return null
  const output = [error.command && `$ ${error.command}`, error.stderr].filter(Boolean).join('\n')
  const advice = state === 'stuck' ? t('adviceStuck') : state === 'failed' ? t('adviceFailed') : undefined
  return (
    <Note kind={state === 'unwinding' ? 'warning' : 'danger'} title={error.message}>
      {advice && <p>{advice}</p>}
      {output && (
        <CodeBlock className="task-output">
          <CodeBlockCode>{output}</CodeBlockCode>
        </CodeBlock>
      )}
      <small>
        {t('requestOf')} <CopyText text={request_id} />
      </small>
    </Note>
  )
}
