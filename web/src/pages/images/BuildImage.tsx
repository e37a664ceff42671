import { TextInput } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { searching, useChange } from '../../api/query.ts'
import { fieldError, otherError } from '../../components/field-error.ts'
import { OwnerFields, useOwnOwnership } from '../../components/OwnerFields.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { Field } from '../../ui/Field.tsx'
import { FormDialog } from '../../ui/FormDialog.tsx'
import { TagsField } from '../../ui/TagsField.tsx'
import { TextField } from '../../ui/TextField.tsx'

const mostOffered = 30
const fields = ['name', 'owner', 'group', 'guest']

/** Makes a disk image of a guest's system disk. */
export function BuildImage({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['images', 'common'])
  const [guestName, setGuestName] = useState('')
  const [values, setValues] = useState({ ...useOwnOwnership(), name: '', tags: [] as string[] })
  const found = useQuery(searching('/search/guests', { body: { limit: mostOffered, keyword: guestName } }))
  const guests = found.data?.result ?? []
  const guest = guests.find(({ name }) => name === guestName)
  const build = useChange('post', '/disk_images', { onSuccess: onClose })
  const set = (changed: Partial<typeof values>) => setValues({ ...values, ...changed })
  const isUnknown = guestName !== '' && !found.isFetching && guest === undefined && guests.length === 0
  return (
    <FormDialog
      title={t('buildTitle')}
      verb={t('buildVerb')}
      isReady={guest !== undefined && values.name !== ''}
      isPending={build.isPending}
      error={<Refusal error={otherError(build.error, fields)} />}
      onSubmit={() => guest && build.mutate({ body: { ...values, guest: guest.id } })}
      onClose={onClose}
    >
      <Field
        id="build-guest"
        label={t('guest')}
        hint={t('buildHint')}
        isRequired
        error={isUnknown ? t('noSuchGuest') : fieldError(build.error, 'guest')}
      >
        <TextInput
          id="build-guest"
          list="build-guests"
          value={guestName}
          autoComplete="off"
          aria-describedby="build-guest-hint"
          validated={isUnknown ? 'error' : 'default'}
          onChange={(_, text) => setGuestName(text)}
        />
        <datalist id="build-guests">
          {guests.map(({ id, name }) => (
            <option key={id} value={name} />
          ))}
        </datalist>
      </Field>
      <TextField
        id="build-name"
        label={t('imageName')}
        isRequired
        value={values.name}
        error={fieldError(build.error, 'name')}
        onChange={(name) => set({ name })}
      />
      <TagsField id="image-tags" tags={values.tags} onChange={(tags) => set({ tags })} />
      <OwnerFields owner={values.owner} group={values.group} error={build.error} onChange={set} />
    </FormDialog>
  )
}
