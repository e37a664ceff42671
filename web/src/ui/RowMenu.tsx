import { Dropdown, DropdownItem, DropdownList, MenuToggle } from '@patternfly/react-core'
import EllipsisVIcon from '@patternfly/react-icons/dist/esm/icons/ellipsis-v-icon'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

export interface Verb {
  key: string
  title: string
  onChoose: () => void
  isDanger?: boolean
  /** Why it cannot be done now: shown, and the verb is disabled. */
  refusal?: string | undefined
}

/** The verbs of one row; what cannot be done now says why. */
export function RowMenu({ name, verbs }: { name: string; verbs: readonly Verb[] }) {
  const { t } = useTranslation()
  const [isOpen, setOpen] = useState(false)
  return (
    <Dropdown
      isOpen={isOpen}
      onOpenChange={setOpen}
      onSelect={() => setOpen(false)}
      popperProps={{ position: 'end' }}
      toggle={(ref) => (
        <MenuToggle
          ref={ref}
          variant="plain"
          aria-label={t('actionsOf', { name })}
          isExpanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          icon={<EllipsisVIcon />}
        />
      )}
    >
      <DropdownList>
        {verbs.map(({ key, title, onChoose, isDanger, refusal }) => (
          <DropdownItem
            key={key}
            isDanger={isDanger ?? false}
            isAriaDisabled={refusal !== undefined}
            {...(refusal === undefined ? {} : { description: refusal })}
            onClick={onChoose}
          >
            {title}
          </DropdownItem>
        ))}
      </DropdownList>
    </Dropdown>
  )
}
