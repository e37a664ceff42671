import { TextArea } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { Field } from '../../ui/Field.tsx'
import { useCreating } from './create-context.ts'
import { CheckField, idOf, TextField } from './fields.tsx'
import { hostNameOf } from './request.ts'
import { StepForm } from './StepForm.tsx'
import { StepNote } from './StepNote.tsx'

/** What its system is told at its first start. */
export function SystemStep() {
  const { t } = useTranslation('create')
  const { draft, change } = useCreating()
  return (
    <StepForm step="system">
      <StepNote fields={['modules', 'cloud_init']} />
      <CheckField
        field="modules"
        label={t('hasAgent')}
        hint={t('hasAgentHint')}
        isChecked={draft.hasAgent}
        onChange={(hasAgent) => change({ hasAgent })}
      />
      <CheckField
        field="cloud_init"
        label={t('hasCloudInit')}
        hint={t('hasCloudInitHint')}
        isChecked={draft.hasCloudInit}
        onChange={(hasCloudInit) => change({ hasCloudInit })}
      />
      {draft.hasCloudInit && <CloudInit />}
    </StepForm>
  )
}

function CloudInit() {
  const { t } = useTranslation('create')
  const { kind, draft, change } = useCreating()
  const host = hostNameOf(draft.name)
  return (
    <>
      {kind === 'guest' && host !== '' && <p>{t('hostName', { host })}</p>}
      <TextField
        field="cloud_init.admin_name"
        label={t('adminName')}
        value={draft.adminName}
        onChange={(adminName) => change({ adminName })}
        hint={t('adminNameHint')}
      />
      <TextField
        field="cloud_init.admin_secret"
        label={t('password')}
        type="password"
        value={draft.password}
        onChange={(password) => change({ password })}
        hint={t('passwordHint')}
      />
      <SshKeys />
      <CheckField
        field="cloud_init.root_enabled"
        label={t('rootEnabled')}
        isChecked={draft.rootEnabled}
        onChange={(rootEnabled) => change({ rootEnabled })}
      />
      <TextField
        field="cloud_init.data_path"
        label={t('dataPath')}
        value={draft.dataPath}
        onChange={(dataPath) => change({ dataPath })}
        hint={t('dataPathHint')}
      />
    </>
  )
}

function SshKeys() {
  const { t } = useTranslation('create')
  const { draft, change, errorOf } = useCreating()
  const field = 'cloud_init.ssh_keys'
  const error = errorOf(field)
  return (
    <Field id={idOf(field)} label={t('sshKeys')} hint={t('sshKeysHint')} error={error}>
      <TextArea
        id={idOf(field)}
        aria-describedby={`${idOf(field)}-hint`}
        className="create-keys"
        rows={4}
        resizeOrientation="vertical"
        validated={error ? 'error' : 'default'}
        value={draft.sshKeys}
        onChange={(_, sshKeys) => change({ sshKeys })}
      />
    </Field>
  )
}
