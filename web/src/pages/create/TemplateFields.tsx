import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { useCreating } from './create-context.ts'
import type { Draft } from './draft.ts'
import { SelectField } from './fields.tsx'

/** The profile of its system, and the firmware over it. */
export function TemplateFields() {
  const { t } = useTranslation('create')
  const { draft, change } = useCreating()
  const { data: templates } = useQuery(reading('/templates'))
  return (
    <>
      <SelectField
        field="template"
        label={t('template')}
        value={draft.template}
        onChange={(template) => change({ template })}
        hint={draft.template === '' ? t('noTemplateHint') : <TemplateDevices id={draft.template} />}
        options={[
          { value: '', label: t('noTemplate') },
          ...(templates ?? []).map(({ id, name }) => ({ value: id, label: name })),
        ]}
      />
      {draft.template === '' && (
        <SelectField
          field="system"
          label={t('system')}
          value={draft.system}
          onChange={(system) => change({ system: system as Draft['system'] })}
          options={[
            { value: 'linux', label: t('system_linux') },
            { value: 'windows', label: t('system_windows') },
          ]}
        />
      )}
      <SelectField
        field="firmware"
        label={t('firmware')}
        value={draft.firmware}
        onChange={(firmware) => change({ firmware: firmware as Draft['firmware'] })}
        options={[
          { value: '', label: draft.template === '' ? t('firmwareDefault') : t('firmwareOfTemplate') },
          { value: 'bios', label: 'BIOS' },
          { value: 'uefi', label: 'UEFI' },
        ]}
      />
    </>
  )
}

function TemplateDevices({ id }: { id: string }) {
  const { t } = useTranslation('create')
  const { data } = useQuery(reading('/templates/{id}', { params: { path: { id } } }))
  if (!data) return null
  const { machine, firmware, disk, network, display, tpm, secure_boot } = data
  const parts = [machine, firmware.toUpperCase(), disk, network, display]
  return [...parts, ...(secure_boot ? [t('secureBoot')] : []), ...(tpm ? ['TPM 2.0'] : [])].join(' · ')
}
