import './policy.css'
import PlusIcon from '@patternfly/react-icons/dist/esm/icons/plus-icon'
import { Table, Tbody, Th, Thead, Tr } from '@patternfly/react-table'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ActionButton } from '../../ui/ActionButton.tsx'
import { EmptyNote } from '../../ui/EmptyNote.tsx'
import { useDialog } from '../use-dialog.ts'
import { RuleDialog } from './RuleDialog.tsx'
import { RuleRow } from './RuleRow.tsx'
import type { RuleOwner } from './rule-owner.ts'
import type { Rule } from './rules.ts'
import { useRuleList } from './use-rule-list.ts'

export interface PolicyRulesProps {
  owner: RuleOwner
  rules: readonly Rule[]
  /** Why one may change none. */
  refusal: string | undefined
  /** Reads the rules again. */
  refetch: () => Promise<unknown>
}

/** The ordered rules of a guest or a group: the first that fits decides. Moved by dragging, by buttons and by Alt and arrows. */
export function PolicyRules({ owner, rules: current, refusal, refetch }: PolicyRulesProps) {
  const { t } = useTranslation('policies')
  const { dialog, of, open, close } = useDialog()
  const list = useRuleList(owner, current, refetch)
  const [dragged, setDragged] = useState<number>()
  const [over, setOver] = useState<number>()
  const body = useRef<HTMLTableSectionElement>(null)
  const [focused, setFocused] = useState<number>()
  // The rule that was moved keeps the focus, wherever it is now.
  useEffect(() => {
    if (focused === undefined) return
    body.current?.querySelectorAll<HTMLElement>('[data-grip]')[focused]?.focus()
    setFocused(undefined)
  }, [focused])
  const move = (index: number, to: number) => {
    list.move(index, to)
    if (to >= 0 && to < list.rules.length) setFocused(to)
  }
  const isEmpty = list.rules.length === 0
  const add = (
    <ActionButton
      variant={isEmpty ? 'primary' : 'secondary'}
      size="sm"
      icon={<PlusIcon />}
      refusal={refusal}
      onClick={() => open('rule', 'new')}
    >
      {t('addRule')}
    </ActionButton>
  )
  const edited = of === undefined || of === 'new' ? undefined : Number(of)
  return (
    <>
      {isEmpty ? (
        <EmptyNote title={t('noRules')} action={add}>
          {t('noRulesHint')}
        </EmptyNote>
      ) : (
        <>
          <Table
            aria-label={t('rules')}
            variant="compact"
            gridBreakPoint="grid-md"
            aria-busy={list.isPending}
          >
            <Thead>
              <Tr>
                <Th modifier="fitContent">{t('place')}</Th>
                <Th>{t('action')}</Th>
                <Th>{t('protocol')}</Th>
                <Th>{t('port')}</Th>
                <Th>{t('from')}</Th>
                <Th>{t('to')}</Th>
                <Th screenReaderText={t('ruleVerbs')} />
              </Tr>
            </Thead>
            <Tbody ref={body}>
              {list.rules.map((rule, index) => (
                <RuleRow
                  // biome-ignore lint/suspicious/noArrayIndexKey: two rules may be the same
                  key={index}
                  rule={rule}
                  index={index}
                  count={list.rules.length}
                  refusal={refusal ?? (list.isPending ? t('changing') : undefined)}
                  dragged={dragged}
                  over={over}
                  onOver={setOver}
                  onDrag={setDragged}
                  onMove={move}
                  onEdit={() => open('rule', String(index))}
                  onRemove={() => list.remove(index)}
                />
              ))}
            </Tbody>
          </Table>
          <div className="policy-foot">
            {add}
            <small>{t('orderHint')}</small>
          </div>
        </>
      )}
      <div className="pf-v6-screen-reader" aria-live="polite">
        {list.said}
      </div>
      {dialog === 'rule' && refusal === undefined && (edited === undefined || list.rules[edited]) && (
        <RuleDialog
          key={of}
          owner={owner}
          index={edited}
          rule={edited === undefined ? undefined : list.rules[edited]}
          refetch={refetch}
          onClose={close}
        />
      )}
    </>
  )
}
