import { Button, type ButtonProps, Tooltip } from '@patternfly/react-core'

export interface ActionButtonProps
  extends Pick<ButtonProps, 'variant' | 'size' | 'icon' | 'isLoading' | 'isDanger'> {
  children?: string
  /** For screen readers and as a hint, where there is only an icon. */
  label?: string
  /** Why it cannot be done now: told at the button, which is disabled. */
  refusal?: string | undefined
  onClick: () => void
}

/** A button that says why it cannot be pressed, in the place of disappearing. */
export function ActionButton({ children, label, refusal, onClick, ...rest }: ActionButtonProps) {
  const button = (
    <Button
      {...rest}
      {...(label ? { 'aria-label': label } : {})}
      isAriaDisabled={refusal !== undefined}
      onClick={onClick}
    >
      {children}
    </Button>
  )
  const hint = refusal ?? (children ? undefined : label)
  return hint === undefined ? button : <Tooltip content={hint}>{button}</Tooltip>
}
