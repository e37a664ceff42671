import { Alert } from '@patternfly/react-core'
import type { ReactNode } from 'react'

export interface NoteProps {
  kind: 'danger' | 'warning' | 'info' | 'success'
  title: string
  children?: ReactNode
  actions?: ReactNode
}

/** A remark within a page or a form. */
export function Note({ kind, title, children, actions }: NoteProps) {
  return (
    <Alert variant={kind} isInline title={title} {...(actions ? { actionLinks: actions } : {})}>
      {children}
    </Alert>
  )
}
