import { Button } from '@patternfly/react-core'
import ArrowDownIcon from '@patternfly/react-icons/dist/esm/icons/arrow-down-icon'
import ArrowUpIcon from '@patternfly/react-icons/dist/esm/icons/arrow-up-icon'
import GripVerticalIcon from '@patternfly/react-icons/dist/esm/icons/grip-vertical-icon'
import PencilAltIcon from '@patternfly/react-icons/dist/esm/icons/pencil-alt-icon'
import TrashIcon from '@patternfly/react-icons/dist/esm/icons/trash-icon'
import { Td, Tr } from '@patternfly/react-table'
import type { KeyboardEvent, ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ActionButton } from '../../ui/ActionButton.tsx'
import { ActionLabel } from './ActionLabel.tsx'
import type { Rule } from './rules.ts'
import { useRuleText } from './use-rule-text.ts'

export interface RuleRowProps {
  rule: Rule
  index: number
  count: number
  refusal: string | undefined
  /** The row that is being dragged. */
  dragged: number | undefined
  /** The row that it is above. */
  over: number | undefined
  onOver: (index: number) => void
  onDrag: (index: number | undefined) => void
  onMove: (index: number, to: number) => void
  onEdit: () => void
  onRemove: () => void
}

export function RuleRow(props: RuleRowProps) {
  const { rule, index, refusal, dragged, over, onOver, onDrag, onMove } = props
  const { t } = useTranslation('policies')
  const any = <span className="policy-any">{t('any')}</span>
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0
    if (!event.altKey || by === 0 || refusal !== undefined) return
    event.preventDefault()
    onMove(index, index + by)
  }
  const isTarget = over === index && dragged !== undefined && dragged !== index
  const side = isTarget ? (dragged > index ? 'before' : 'after') : ''
  return (
    <Tr
      onKeyDown={onKeyDown}
      className={side && `policy-drop-${side}`}
      onDragEnter={() => onOver(index)}
      onDragOver={(event) => dragged !== undefined && event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault()
        if (dragged !== undefined) onMove(dragged, index)
        onDrag(undefined)
      }}
    >
      <Td dataLabel={t('place')} modifier="fitContent">
        <Grip {...props} />
      </Td>
      <Td dataLabel={t('action')}>
        <ActionLabel action={rule.action} />
      </Td>
      <Td dataLabel={t('protocol')}>{rule.protocol.toUpperCase()}</Td>
      <Td dataLabel={t('port')}>{rule.to_port > 0 ? rule.to_port : any}</Td>
      <Td dataLabel={t('from')}>{rule.from_address ?? any}</Td>
      <Td dataLabel={t('to')}>{rule.to_address ?? any}</Td>
      <Td isActionCell>
        <Verbs {...props} />
      </Td>
    </Tr>
  )
}

/** By which a rule is dragged; it is where the keyboard finds the rule, too. */
function Grip({ rule, index, refusal, onDrag }: RuleRowProps) {
  const { t } = useTranslation('policies')
  const ruleText = useRuleText()
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keyboard moves the rule by the button in it
    <span
      className="policy-grip"
      draggable={refusal === undefined}
      onDragStart={(event) => {
        event.dataTransfer.effectAllowed = 'move'
        event.dataTransfer.setData('text/plain', ruleText(rule))
        const row = event.currentTarget.closest('tr')
        if (row) event.dataTransfer.setDragImage(row, 0, 0)
        onDrag(index)
      }}
      onDragEnd={() => onDrag(undefined)}
    >
      <Button
        data-grip
        variant="plain"
        size="sm"
        icon={<GripVerticalIcon />}
        isAriaDisabled={refusal !== undefined}
        aria-label={t('ruleAt', { place: index + 1, rule: ruleText(rule) })}
        aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown"
      />
      {index + 1}
    </span>
  )
}

function Verbs({ rule, index, count, refusal, onMove, onEdit, onRemove }: RuleRowProps) {
  const { t } = useTranslation('policies')
  const ruleText = useRuleText()
  const named = { rule: ruleText(rule) }
  const verb = (label: string, icon: ReactNode, onClick: () => void, ownRefusal?: string) => (
    <ActionButton
      variant="plain"
      size="sm"
      label={label}
      icon={icon}
      refusal={refusal ?? ownRefusal}
      onClick={onClick}
    />
  )
  const up = index === 0 ? t('isFirst') : undefined
  const down = index === count - 1 ? t('isLast') : undefined
  return (
    <span className="policy-verbs">
      {verb(t('moveUp', named), <ArrowUpIcon />, () => onMove(index, index - 1), up)}
      {verb(t('moveDown', named), <ArrowDownIcon />, () => onMove(index, index + 1), down)}
      {verb(t('editRule', named), <PencilAltIcon />, onEdit)}
      {verb(t('removeRule', named), <TrashIcon />, onRemove)}
    </span>
  )
}
