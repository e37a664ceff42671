import { FormGroup, FormHelperText, HelperText, HelperTextItem } from '@patternfly/react-core'
import type { ReactNode } from 'react'

export interface FieldProps {
  id: string
  label: string
  /** Limits and default. */
  hint?: ReactNode
  /** In the server's words. */
  error?: string | undefined
  isRequired?: boolean
  children: ReactNode
}

/** One field of a form: label above, hint and error below. The control has the same `id`, and `aria-describedby` `<id>-hint`. */
export function Field({ id, label, hint, error, isRequired, children }: FieldProps) {
  return (
    <FormGroup label={label} fieldId={id} isRequired={isRequired ?? false}>
      {children}
      {(hint || error) && (
        <FormHelperText>
          <HelperText id={`${id}-hint`} isLiveRegion>
            {error && <HelperTextItem variant="error">{error}</HelperTextItem>}
            {hint && <HelperTextItem>{hint}</HelperTextItem>}
          </HelperText>
        </FormHelperText>
      )}
    </FormGroup>
  )
}
