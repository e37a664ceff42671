import { TextArea } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useChange } from '../../api/query.ts'
import { fieldError, otherError } from '../../components/field-error.ts'
import { OwnerFields } from '../../components/OwnerFields.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import type { ImageKind } from '../../components/uploads/upload-store.ts'
import { Field } from '../../ui/Field.tsx'
import { FormDialog } from '../../ui/FormDialog.tsx'
import { TagsField } from '../../ui/TagsField.tsx'
import { TextField } from '../../ui/TextField.tsx'
import { type Image, imagePaths } from './images-api.ts'

const fields = ['name', 'description', 'owner', 'group']

/** Changes what is recorded of an image; its bytes stay. */
export function EditImage({ kind, image, onClose }: { kind: ImageKind; image: Image; onClose: () => void }) {
  const { t } = useTranslation(['images', 'common'])
  const { name, description, owner, group, tags } = image
  const [values, setValues] = useState({ name, description, owner, group, tags })
  const modify = useChange('put', imagePaths[kind], { onSuccess: onClose })
  const set = (changed: Partial<typeof values>) => setValues({ ...values, ...changed })
  return (
    <FormDialog
      title={t('editTitle', { name })}
      verb={t('common:save')}
      isReady={values.name !== ''}
      isPending={modify.isPending}
      error={<Refusal error={otherError(modify.error, fields)} />}
      onSubmit={() => modify.mutate({ params: { path: { id: image.id } }, body: values })}
      onClose={onClose}
    >
      <TextField
        id="image-name"
        label={t('common:name')}
        isRequired
        value={values.name}
        error={fieldError(modify.error, 'name')}
        onChange={(text) => set({ name: text })}
      />
      <Field id="image-description" label={t('description')} error={fieldError(modify.error, 'description')}>
        <TextArea
          id="image-description"
          value={values.description}
          resizeOrientation="vertical"
          onChange={(_, text) => set({ description: text })}
        />
      </Field>
      <TagsField id="image-tags" tags={values.tags} onChange={(changed) => set({ tags: changed })} />
      <OwnerFields owner={values.owner} group={values.group} error={modify.error} onChange={set} />
    </FormDialog>
  )
}
