import {
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from '@patternfly/react-core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { TaskDetails } from '../../api/live-tasks.ts'
import { AppLink } from '../../components/AppLink.tsx'
import { CopyText } from '../../ui/CopyText.tsx'
import { timeText } from '../../ui/format.ts'

/** Who asked for it and when, and by which id the log knows it. */
export function TaskFacts({ task }: { task: TaskDetails }) {
  const { t, i18n } = useTranslation('tasks')
  const time = (text: string | null) => text && timeText(text, i18n.language)
  return (
    <DescriptionList isCompact>
      <Fact term={t('who')}>
        <AppLink to={`/people/users/${encodeURIComponent(task.who)}`}>{task.who}</AppLink>
      </Fact>
      <Fact term={t('kind')}>{task.kind}</Fact>
      <Fact term={t('about')}>
        <Link to="/tasks" search={{ subject: task.subject }}>
          {task.subject}
        </Link>
      </Fact>
      <Fact term={t('created')}>{time(task.create_time)}</Fact>
      <Fact term={t('started')}>{time(task.start_time)}</Fact>
      <Fact term={t('finished')}>{time(task.finish_time)}</Fact>
      <Fact term={t('request')}>
        <CopyText text={task.request_id} />
      </Fact>
      <Fact term={t('taskId')}>
        <CopyText text={task.id} />
      </Fact>
      <Fact term={t('result')}>
        {hasResult(task.result) && (
          <pre className="task-page-result">{JSON.stringify(task.result, null, 2)}</pre>
        )}
      </Fact>
    </DescriptionList>
  )
}

const hasResult = (result: unknown): boolean =>
  result !== null && result !== undefined && JSON.stringify(result) !== '{}'

function Fact({ term, children }: { term: string; children: ReactNode }) {
  if (!children) return null
  return (
    <DescriptionListGroup>
      <DescriptionListTerm>{term}</DescriptionListTerm>
      <DescriptionListDescription>{children}</DescriptionListDescription>
    </DescriptionListGroup>
  )
}
