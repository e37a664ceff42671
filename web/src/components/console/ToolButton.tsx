import { Button, Tooltip } from '@patternfly/react-core'
import type { ComponentType } from 'react'

export interface ToolButtonProps {
  label: string
  icon: ComponentType
  onClick: () => void
  isPressed?: boolean
  /** Why it cannot be used now. */
  refusal?: string | undefined
}

/** A button of a tool bar: an icon, its name at the pointer. */
export function ToolButton({ label, icon: Icon, onClick, isPressed, refusal }: ToolButtonProps) {
  return (
    <Tooltip content={refusal ?? label} aria="none">
      <Button
        variant="plain"
        size="sm"
        icon={<Icon />}
        aria-label={label}
        isAriaDisabled={refusal !== undefined}
        {...(isPressed === undefined ? {} : { 'aria-pressed': isPressed, isClicked: isPressed })}
        onClick={onClick}
      />
    </Tooltip>
  )
}
