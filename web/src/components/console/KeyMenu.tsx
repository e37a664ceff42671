import { Dropdown, DropdownGroup, DropdownItem, DropdownList, MenuToggle } from '@patternfly/react-core'
import KeyboardIcon from '@patternfly/react-icons/dist/esm/icons/keyboard-icon'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Combination, combinations } from './keys.ts'

export interface KeyMenuProps {
  isDisabled: boolean
  onPress: (combination: Combination) => void
}

const groups = ['system', 'terminals', 'functions'] as const

/** Keys and combinations that the browser or the reader's system would not let through. */
export function KeyMenu({ isDisabled, onPress }: KeyMenuProps) {
  const { t } = useTranslation('consoles')
  const [isOpen, setOpen] = useState(false)
  return (
    <Dropdown
      isOpen={isOpen}
      isScrollable
      onOpenChange={setOpen}
      onSelect={() => setOpen(false)}
      toggle={(ref) => (
        <MenuToggle
          ref={ref}
          size="sm"
          icon={<KeyboardIcon />}
          isExpanded={isOpen}
          isDisabled={isDisabled}
          onClick={() => setOpen(!isOpen)}
        >
          {t('keys')}
        </MenuToggle>
      )}
    >
      {groups.map((group) => (
        <DropdownGroup key={group} label={t(group)}>
          <DropdownList>
            {combinations[group].map((combination) => (
              <DropdownItem key={combination.name} onClick={() => onPress(combination)}>
                {combination.name}
              </DropdownItem>
            ))}
          </DropdownList>
        </DropdownGroup>
      ))}
    </Dropdown>
  )
}
