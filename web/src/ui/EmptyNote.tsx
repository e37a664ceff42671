import { EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter } from '@patternfly/react-core'
import type { ComponentType, ReactNode } from 'react'

export interface EmptyNoteProps {
  title: string
  icon?: ComponentType
  /** The next step, in a sentence. */
  children?: ReactNode
  action?: ReactNode
}

/** Where a list has nothing: it says what to do next. */
export function EmptyNote({ title, icon, children, action }: EmptyNoteProps) {
  return (
    <EmptyState titleText={title} headingLevel="h2" {...(icon ? { icon } : {})}>
      {children && <EmptyStateBody>{children}</EmptyStateBody>}
      {action && (
        <EmptyStateFooter>
          <EmptyStateActions>{action}</EmptyStateActions>
        </EmptyStateFooter>
      )}
    </EmptyState>
  )
}
