import { useTranslation } from 'react-i18next'
import type { Task } from '../api/live-tasks.ts'
import { useChange } from '../api/query.ts'
import { useSession } from '../api/session.ts'
import { notify } from './notices.ts'
import { useRefusalText } from './Refusal.tsx'
import { refusalOf, type TaskVerb, taskVerbs, type VerbRefusal } from './task-verbs.ts'

export interface TaskAction {
  verb: TaskVerb
  /** Why it cannot be done now, in words. */
  refusal: string | undefined
  isPending: boolean
  error: unknown
  /** `onDone` where it was taken; a refusal of the appliance is told as a notice unless the caller shows `error`. */
  act(options?: { onDone?: () => void; isQuiet?: boolean }): void
}

/** What a person can do with a task, in the order in which it is offered everywhere. */
export function useTaskActions(task: Task): TaskAction[] {
  const { t } = useTranslation(['tasks', 'common'])
  const session = useSession()
  const textOf = useRefusalText()
  const changes = {
    cancel: useChange('delete', '/tasks/{id}'),
    retry: useChange('post', '/tasks/{id}/retry'),
    skip: useChange('post', '/tasks/{id}/skip'),
    abandon: useChange('post', '/tasks/{id}/abandon'),
  }
  const inWords = (refusal: VerbRefusal | undefined) => {
    if (!refusal) return undefined
    return 'permission' in refusal
      ? t('common:missingPermission', { permission: refusal.permission })
      : t(refusal.reason)
  }
  return taskVerbs.map((verb) => {
    const { mutate, isPending, error } = changes[verb]
    return {
      verb,
      refusal: inWords(refusalOf(verb, task, session)),
      isPending,
      error,
      act: ({ onDone, isQuiet } = {}) =>
        mutate(
          { params: { path: { id: task.id } } },
          {
            onSuccess: () => onDone?.(),
            onError: (failure) => {
              if (!isQuiet) notify({ kind: 'danger', title: task.title, text: textOf(failure) })
            },
          },
        ),
    }
  })
}
