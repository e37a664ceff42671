import { CodeBlock, CodeBlockCode, ExpandableSection } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { TaskDetails } from '../api/live-tasks.ts'
import { commandLine } from '../api/plan-totals.ts'
import { durationText } from '../ui/format.ts'
import { type StepState, type TaskStep, taskSteps } from './task-steps.ts'

// A batch has one effect for each of its guests.
const mostEffects = 20

const marks: Record<StepState, string> = {
  stepWaiting: 'waiting',
  stepRunning: 'running',
  stepDone: 'done',
  stepFailed: 'failed',
  stepUndoing: 'undone',
  stepUndone: 'undone',
  stepUndoFailed: 'failed',
  stepSkipped: 'undone',
}

/** The steps of a task: what each does, what has become of it, and its commands folded below. */
export function TaskSteps({ task }: { task: TaskDetails }) {
  const { t } = useTranslation('tasks')
  return (
    <ol className="task-steps" aria-label={t('stepsOf', { title: task.title })}>
      {taskSteps(task).map((step) => (
        <Step key={step.name} step={step} />
      ))}
    </ol>
  )
}

function Step({ step: { name, state, effects, failure, seconds } }: { step: TaskStep }) {
  const { t, i18n } = useTranslation('tasks')
  const commands = effects.flatMap((effect) => effect.commands ?? [])
  const output = failure && [failure.command && `$ ${failure.command}`, failure.stderr].filter(Boolean)
  return (
    <li className={`task-step-item task-step-${marks[state]}`}>
      <div>
        <strong>{name}</strong>{' '}
        <span className="task-step-state">
          {t(state)}
          {seconds !== undefined && seconds >= 1 && ` · ${durationText(seconds, i18n.language)}`}
        </span>
      </div>
      <ul className="task-effects">
        {effects.slice(0, mostEffects).map(({ effect }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the effects of one step keep their order
          <li key={index}>{effect}</li>
        ))}
        {effects.length > mostEffects && <li>{t('moreEffects', { count: effects.length - mostEffects })}</li>}
      </ul>
      {failure && <div className="task-step-failure">{failure.message}</div>}
      {output && output.length > 0 && (
        <CodeBlock className="task-output">
          <CodeBlockCode>{output.join('\n')}</CodeBlockCode>
        </CodeBlock>
      )}
      {commands.length > 0 && <Commands commands={commands} />}
    </li>
  )
}

function Commands({ commands }: { commands: readonly (readonly string[])[] }) {
  const { t } = useTranslation('plan')
  const [isOpen, setOpen] = useState(false)
  return (
    <ExpandableSection
      isExpanded={isOpen}
      onToggle={(_, isExpanded) => setOpen(isExpanded)}
      toggleText={isOpen ? t('hideCommands') : t('commands', { count: commands.length })}
    >
      <CodeBlock className="task-output">
        <CodeBlockCode>{commands.map(commandLine).join('\n')}</CodeBlockCode>
      </CodeBlock>
    </ExpandableSection>
  )
}
