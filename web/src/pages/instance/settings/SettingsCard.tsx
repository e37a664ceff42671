import {
  ActionGroup,
  Button,
  Card,
  CardBody,
  CardHeader,
  CardTitle,
  Content,
  Form,
  Tooltip,
} from '@patternfly/react-core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { otherError } from '../../../components/field-error.ts'
import { Refusal } from '../../../components/Refusal.tsx'
import { useMissing } from '../../../components/use-missing.ts'

export interface SettingsCardProps {
  title: string
  text?: string
  children: ReactNode
}

/** One matter of the settings. */
export function SettingsCard({ title, text, children }: SettingsCardProps) {
  return (
    <Card isCompact>
      <CardHeader>
        <CardTitle component="h2">{title}</CardTitle>
      </CardHeader>
      <CardBody>
        {text && <Content component="p">{text}</Content>}
        {children}
      </CardBody>
    </Card>
  )
}

export interface SettingsFormProps extends SettingsCardProps {
  isDirty: boolean
  saving: { isPending: boolean; isSuccess: boolean; error: unknown }
  /** Those whose errors stand below their fields. */
  fields: readonly string[]
  /** Why it cannot be changed now. */
  refusal?: string | undefined
  onSave: () => void
}

/** As `SettingsCard`, with a button that saves what was changed. */
export function SettingsForm(props: SettingsFormProps) {
  const { children, isDirty, saving, fields, onSave, ...card } = props
  const { t } = useTranslation(['instance', 'common'])
  const missing = useMissing('guest.write')
  const refusal = missing ?? props.refusal
  const isOff = !isDirty || refusal !== undefined
  const button = (
    <Button type="submit" variant="secondary" isAriaDisabled={isOff} isLoading={saving.isPending}>
      {t('common:save')}
    </Button>
  )
  return (
    <SettingsCard {...card}>
      <Form
        className="settings-form"
        onSubmit={(event) => {
          event.preventDefault()
          if (!isOff && !saving.isPending) onSave()
        }}
      >
        {children}
        <Refusal error={otherError(saving.error, fields)} />
        <ActionGroup>
          {refusal === undefined ? button : <Tooltip content={refusal}>{button}</Tooltip>}
          <span role="status">{saving.isSuccess && !isDirty && t('saved')}</span>
        </ActionGroup>
      </Form>
    </SettingsCard>
  )
}
