import { Badge, MenuToggle, Select, SelectList, SelectOption } from '@patternfly/react-core'
import { type ReactNode, useState } from 'react'

export interface Option {
  value: string
  title: ReactNode
  /** At the right, e.g. how many there are. */
  count?: number
}

export interface ChoiceProps {
  label: string
  options: readonly Option[]
  chosen: readonly string[]
  /** Several can hold at once. */
  isMany?: boolean
  onChoose: (value: string) => void
}

/** A filter behind a button; what is chosen already has a mark. */
export function Choice({ label, options, chosen, isMany, onChoose }: ChoiceProps) {
  const [isOpen, setOpen] = useState(false)
  return (
    <Select
      isOpen={isOpen}
      onOpenChange={setOpen}
      selected={[...chosen]}
      onSelect={(_, value) => {
        onChoose(String(value))
        if (!isMany) setOpen(false)
      }}
      maxMenuHeight="20rem"
      isScrollable
      toggle={(ref) => (
        <MenuToggle
          ref={ref}
          isExpanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          {...(chosen.length > 0 ? { badge: <Badge isRead>{chosen.length}</Badge> } : {})}
        >
          {label}
        </MenuToggle>
      )}
    >
      <SelectList aria-label={label}>
        {options.map(({ value, title, count }) => (
          <SelectOption
            key={value}
            value={value}
            isSelected={chosen.includes(value)}
            {...(isMany ? { hasCheckbox: true } : {})}
          >
            <span className="instances-option">
              {title}
              {count !== undefined && <span className="instances-quiet">{count}</span>}
            </span>
          </SelectOption>
        ))}
      </SelectList>
    </Select>
  )
}
