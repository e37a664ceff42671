import { FormSelect, FormSelectOption, Radio } from '@patternfly/react-core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Field } from '../../ui/Field.tsx'
import { FormDialog } from '../../ui/FormDialog.tsx'
import { TextField } from '../../ui/TextField.tsx'
import { fieldError, otherError } from '../field-error.ts'
import { Refusal } from '../Refusal.tsx'
import { type RuleOwner, rulesOf } from './rule-owner.ts'
import { bodyOf, protocols, type Rule } from './rules.ts'

const fields = ['action', 'protocol', 'from_address', 'to_address', 'to_port']

export interface RuleDialogProps {
  owner: RuleOwner
  /** Of the rule that is changed; undefined for a new one. */
  index: number | undefined
  rule: Rule | undefined
  refetch: () => Promise<unknown>
  onClose: () => void
}

/** A new rule, behind the others, or another one in the place of an old one. */
export function RuleDialog({ owner, index, rule, refetch, onClose }: RuleDialogProps) {
  const { t } = useTranslation(['policies', 'common'])
  const [values, setValues] = useState(() =>
    bodyOf(rule ?? { action: 'accept', protocol: 'tcp', to_port: 0 }),
  )
  const [port, setPort] = useState(values.to_port > 0 ? String(values.to_port) : '')
  const set = (changed: Partial<typeof values>) => setValues({ ...values, ...changed })
  const hasPorts = values.protocol !== 'icmp'
  const save = useMutation({
    mutationFn: async () => {
      const body = { ...values, to_port: hasPorts ? Number(port) : 0 }
      await (index === undefined ? rulesOf(owner).add(body) : rulesOf(owner).set(index, body))
      await refetch()
    },
    onSuccess: onClose,
  })
  return (
    <FormDialog
      title={index === undefined ? t('newRuleTitle') : t('editRuleTitle', { place: index + 1 })}
      verb={index === undefined ? t('common:add') : t('common:save')}
      isPending={save.isPending}
      error={<Refusal error={otherError(save.error, fields)} />}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <Field id="rule-action" label={t('action')} error={fieldError(save.error, 'action')}>
        <div className="policy-actions">
          {(['accept', 'reject'] as const).map((action) => (
            <Radio
              key={action}
              id={`rule-${action}`}
              name="rule-action"
              label={t(action)}
              isChecked={values.action === action}
              onChange={() => set({ action })}
            />
          ))}
        </div>
      </Field>
      <Field id="rule-protocol" label={t('protocol')} error={fieldError(save.error, 'protocol')}>
        <FormSelect
          id="rule-protocol"
          value={values.protocol}
          onChange={(_, text) => set({ protocol: protocols.find((one) => one === text) ?? 'tcp' })}
        >
          {protocols.map((protocol) => (
            <FormSelectOption key={protocol} value={protocol} label={protocol.toUpperCase()} />
          ))}
        </FormSelect>
      </Field>
      <TextField
        id="rule-port"
        type="number"
        label={t('port')}
        hint={t(hasPorts ? 'portHint' : 'noPorts')}
        isDisabled={!hasPorts}
        value={hasPorts ? port : ''}
        error={fieldError(save.error, 'to_port')}
        onChange={setPort}
      />
      <TextField
        id="rule-from"
        label={t('from')}
        hint={t('addressHint')}
        value={values.from_address ?? ''}
        error={fieldError(save.error, 'from_address')}
        onChange={(text) => set({ from_address: text.trim() || null })}
      />
      <TextField
        id="rule-to"
        label={t('to')}
        hint={t('toHint')}
        value={values.to_address ?? ''}
        error={fieldError(save.error, 'to_address')}
        onChange={(text) => set({ to_address: text.trim() || null })}
      />
    </FormDialog>
  )
}
