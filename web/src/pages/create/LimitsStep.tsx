import { FormFieldGroup, FormFieldGroupHeader } from '@patternfly/react-core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useCreating } from './create-context.ts'
import type { Draft } from './draft.ts'
import { CheckField, NumberField, SelectField, SizeField } from './fields.tsx'
import { StepForm } from './StepForm.tsx'
import { StepNote } from './StepNote.tsx'

const mostDelaySeconds = 3600

/** When it starts with its host, and how much of it others must leave to it. */
export function LimitsStep() {
  const { t } = useTranslation('create')
  const { draft, change } = useCreating()
  return (
    <StepForm step="limits">
      <StepNote fields={['qos', 'max_io', 'inbound', 'outbound']} />
      <CheckField
        field="auto_start"
        label={draft.source === 'media' ? t('autoStartMedia') : t('autoStart')}
        isChecked={draft.autoStart}
        onChange={(autoStart) => change({ autoStart })}
      />
      {draft.autoStart && <StartOrder />}
      <SelectField
        field="qos.cpu_priority"
        label={t('cpuPriority')}
        value={draft.cpuPriority}
        onChange={(cpuPriority) => change({ cpuPriority: cpuPriority as Draft['cpuPriority'] })}
        hint={t('cpuPriorityHint')}
        options={(['high', 'medium', 'low'] as const).map((value) => ({
          value,
          label: t(`priority_${value}`),
        }))}
      />
      <DiskLimits />
      <NetworkLimits />
    </StepForm>
  )
}

/** Only what starts with the host has a turn. */
function StartOrder() {
  const { t } = useTranslation('create')
  const { draft, change } = useCreating()
  return (
    <>
      <NumberField
        field="start_priority"
        label={t('startPriority')}
        max={100}
        value={draft.startPriority}
        onChange={(startPriority) => change({ startPriority })}
        hint={t('startPriorityHint')}
      />
      <NumberField
        field="start_delay"
        label={t('startDelay')}
        max={mostDelaySeconds}
        value={draft.startDelaySeconds}
        onChange={(startDelaySeconds) => change({ startDelaySeconds })}
        hint={t('startDelayHint')}
      />
    </>
  )
}

function DiskLimits() {
  const { t } = useTranslation('create')
  const { draft, change } = useCreating()
  return (
    <Group title={t('diskLimits')}>
      <SizeField
        field="qos.read_speed"
        label={t('readSpeed')}
        bytes={draft.readBytesPerSecond}
        onChange={(readBytesPerSecond) => change({ readBytesPerSecond })}
        hint={t('speedHint')}
      />
      <SizeField
        field="qos.write_speed"
        label={t('writeSpeed')}
        bytes={draft.writeBytesPerSecond}
        onChange={(writeBytesPerSecond) => change({ writeBytesPerSecond })}
        hint={t('speedHint')}
      />
      <NumberField
        field="qos.read_iops"
        label={t('readIops')}
        value={draft.readIops}
        onChange={(readIops) => change({ readIops })}
        hint={t('iopsHint')}
      />
      <NumberField
        field="qos.write_iops"
        label={t('writeIops')}
        value={draft.writeIops}
        onChange={(writeIops) => change({ writeIops })}
        hint={t('iopsHint')}
      />
    </Group>
  )
}

function NetworkLimits() {
  const { t } = useTranslation('create')
  const { draft, change } = useCreating()
  return (
    <Group title={t('networkLimits')}>
      <SizeField
        field="qos.receive_speed"
        label={t('receiveSpeed')}
        bytes={draft.receiveBytesPerSecond}
        onChange={(receiveBytesPerSecond) => change({ receiveBytesPerSecond })}
        hint={t('speedHint')}
      />
      <SizeField
        field="qos.send_speed"
        label={t('sendSpeed')}
        bytes={draft.sendBytesPerSecond}
        onChange={(sendBytesPerSecond) => change({ sendBytesPerSecond })}
        hint={t('speedHint')}
      />
    </Group>
  )
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  const id = `create-group-${title}`.replace(/\s+/g, '-')
  return (
    <FormFieldGroup
      className="create-group"
      header={<FormFieldGroupHeader titleText={{ text: title, id }} />}
    >
      {children}
    </FormFieldGroup>
  )
}
