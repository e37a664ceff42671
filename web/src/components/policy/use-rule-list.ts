import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { notify } from '../notices.ts'
import { useRefusalText } from '../Refusal.tsx'
import { type RuleOwner, rulesOf } from './rule-owner.ts'
import { bodyOf, movedTo, type Rule } from './rules.ts'
import { useRuleText } from './use-rule-text.ts'

export interface RuleList {
  /** As they will be once the change that goes on is answered. */
  rules: readonly Rule[]
  isPending: boolean
  /** What was moved where, for those who do not see it. */
  said: string
  move: (index: number, to: number) => void
  remove: (index: number) => void
}

/** Moves and removes rules: shown at once, taken back where the appliance refuses. */
export function useRuleList(
  owner: RuleOwner,
  current: readonly Rule[],
  refetch: () => Promise<unknown>,
): RuleList {
  const { t } = useTranslation(['policies', 'common'])
  const ruleText = useRuleText()
  const textOf = useRefusalText()
  const [wanted, setWanted] = useState<readonly Rule[]>()
  const [said, setSaid] = useState('')
  const changes = rulesOf(owner)
  const { mutate, isPending } = useMutation({
    mutationFn: async ({ change }: { change: () => Promise<unknown>; to: readonly Rule[] }) => {
      await change()
      await refetch()
    },
    onMutate: ({ to }) => setWanted(to),
    onError: (error) => notify({ kind: 'danger', title: t('changeFailed'), text: textOf(error) }),
    onSettled: () => setWanted(undefined),
  })
  const rules = wanted ?? current
  const putBack = (rule: Rule, index: number) =>
    mutate({
      to: current.filter((one) => one !== rule).toSpliced(index, 0, rule),
      change: async () => {
        await changes.add(bodyOf(rule))
        if (index < current.length - 1) await changes.move(current.length - 1, index)
      },
    })
  return {
    rules,
    isPending,
    said,
    move(index, to) {
      const rule = rules[index]
      if (!rule || isPending || to === index || to < 0 || to >= rules.length) return
      setSaid(t('movedTo', { rule: ruleText(rule), place: to + 1, count: rules.length }))
      mutate({ to: movedTo(rules, index, to), change: () => changes.move(index, to) })
    },
    remove(index) {
      const rule = rules[index]
      if (!rule || isPending) return
      mutate(
        { to: rules.toSpliced(index, 1), change: () => changes.remove(index) },
        {
          onSuccess: () =>
            notify({
              kind: 'info',
              title: t('ruleRemoved'),
              text: ruleText(rule),
              action: { title: t('common:undo'), onChoose: () => putBack(rule, index) },
            }),
        },
      )
    },
  }
}
