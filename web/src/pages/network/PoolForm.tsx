import { FormSelect, FormSelectOption } from '@patternfly/react-core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call } from '../../api/client.ts'
import { ApiError } from '../../api/errors.ts'
import { fieldError, otherError } from '../../components/field-error.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { Field } from '../../ui/Field.tsx'
import { FormDialog } from '../../ui/FormDialog.tsx'
import { TextField } from '../../ui/TextField.tsx'
import type { Pool } from './addresses.ts'

export interface PoolFormProps {
  /** The one that is changed; undefined for a new one. */
  pool?: Pick<Pool, 'name' | 'gateway' | 'dns' | 'provider'>
  onClose: () => void
}

const isDnsField = (error: unknown) => error instanceof ApiError && (error.field?.startsWith('dns') ?? false)

/** Makes an address pool, or changes one. */
export function PoolForm({ pool, onClose }: PoolFormProps) {
  const { t } = useTranslation(['network', 'common'])
  const [name, setName] = useState(pool?.name ?? '')
  const [gateway, setGateway] = useState(pool?.gateway ?? '')
  const [dns, setDns] = useState(pool?.dns.join(', ') ?? '')
  const [provider, setProvider] = useState<'dhcp' | 'cloudinit'>(
    pool?.provider === 'cloudinit' ? 'cloudinit' : 'dhcp',
  )
  const save = useMutation({
    mutationFn: () => {
      const servers = dns.split(/[\s,]+/).filter(Boolean)
      const body = { gateway: gateway.trim(), dns: servers, provider }
      return call(pool ? 'put' : 'post', '/address_pools/{name}', { params: { path: { name } }, body })
    },
    onSuccess: onClose,
  })
  const { error } = save
  return (
    <FormDialog
      title={pool ? t('editTitle', { name }) : t('createTitle')}
      verb={pool ? t('common:save') : t('common:create')}
      isReady={name !== '' && gateway !== ''}
      isPending={save.isPending}
      error={
        <Refusal error={isDnsField(error) ? null : otherError(error, ['name', 'gateway', 'provider'])} />
      }
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      {!pool && (
        <TextField
          id="pool-name"
          label={t('common:name')}
          isRequired
          value={name}
          error={fieldError(error, 'name')}
          onChange={setName}
        />
      )}
      <TextField
        id="pool-gateway"
        label={t('gateway')}
        hint={t('gatewayHint')}
        isRequired
        value={gateway}
        error={fieldError(error, 'gateway')}
        onChange={setGateway}
      />
      <TextField
        id="pool-dns"
        label={t('dns')}
        hint={t('dnsHint')}
        value={dns}
        error={isDnsField(error) ? error?.message : undefined}
        onChange={setDns}
      />
      <Field id="pool-provider" label={t('provider')} error={fieldError(error, 'provider')}>
        <FormSelect
          id="pool-provider"
          value={provider}
          onChange={(_, value) => setProvider(value === 'cloudinit' ? 'cloudinit' : 'dhcp')}
        >
          <FormSelectOption value="dhcp" label={t('dhcp')} />
          <FormSelectOption value="cloudinit" label={t('cloudinit')} />
        </FormSelect>
      </Field>
    </FormDialog>
  )
}
