import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { usePlan } from '../../api/plan.ts'
import { reading, useChange } from '../../api/query.ts'
import { otherError } from '../../components/field-error.ts'
import { PlanPreview } from '../../components/PlanPreview.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { Confirm } from '../../ui/Confirm.tsx'
import { TemplateDialog } from './TemplateDialog.tsx'
import { bodyOf, choices, flags, newTemplate, type Template } from './template.ts'

const fields = ['name', 'admin', ...Object.keys(choices), ...flags]

/** `from`: a template whose copy it begins as. */
export function CreateTemplate({
  from,
  onMade,
  onClose,
}: {
  from: string | undefined
  onMade: (id: string) => void
  onClose: () => void
}) {
  const { t } = useTranslation(['templates', 'common'])
  const { data: model } = useQuery({
    ...reading('/templates/{id}', { params: { path: { id: from ?? '' } } }),
    enabled: from !== undefined,
  })
  const create = useChange('post', '/templates', { onSuccess: ({ id }) => onMade(id) })
  if (from !== undefined && !model) return null
  const start = model ? { ...bodyOf(model), name: '', system_versions: [] } : newTemplate()
  return (
    <TemplateDialog
      title={model ? t('copyTitle', { name: model.name }) : t('createTitle')}
      verb={t('common:create')}
      start={start}
      isPending={create.isPending}
      error={create.error}
      refusal={<Refusal error={otherError(create.error, fields)} />}
      onSubmit={(body) => create.mutate({ body })}
      onClose={onClose}
    />
  )
}

export function EditTemplate({ template, onClose }: { template: Template; onClose: () => void }) {
  const { t } = useTranslation(['templates', 'common'])
  const change = useChange('put', '/templates/{id}', { onSuccess: onClose })
  return (
    <TemplateDialog
      title={t('editTitle', { name: template.name })}
      verb={t('common:save')}
      start={bodyOf(template)}
      isPending={change.isPending}
      error={change.error}
      refusal={<Refusal error={otherError(change.error, fields)} />}
      onSubmit={(body) => change.mutate({ params: { path: { id: template.id } }, body })}
      onClose={onClose}
    />
  )
}

/** Nothing is asked of who cannot do it: the dry run says before that a guest still names it. */
export function DeleteTemplate({
  template: { id, name },
  onDeleted,
  onClose,
}: {
  template: Pick<Template, 'id' | 'name'>
  onDeleted: () => void
  onClose: () => void
}) {
  const { t } = useTranslation(['templates', 'common'])
  const params = { path: { id } }
  const plan = usePlan('delete', '/templates/{id}', { params })
  const remove = useChange('delete', '/templates/{id}', { onSuccess: onDeleted })
  return (
    <Confirm
      title={t('deleteTitle', { name })}
      verb={t('common:delete')}
      isDanger
      isPending={remove.isPending}
      error={<Refusal error={remove.error} />}
      onConfirm={() => remove.mutate({ params })}
      onClose={onClose}
    >
      <p>{t('deleteBody')}</p>
      {plan.error && !remove.error && <PlanPreview asked={plan} />}
    </Confirm>
  )
}
