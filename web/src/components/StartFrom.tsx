import { FormSelect, FormSelectOption, Radio, TextInput } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '../api/errors.ts'
import { reading, useChange } from '../api/query.ts'
import { Confirm } from '../ui/Confirm.tsx'
import { Field } from '../ui/Field.tsx'
import { clearPending, markPending, settlePending } from './guest-pending.ts'
import { shortName, stateOf, type VerbGuest } from './guest-verbs.ts'
import { Refusal } from './Refusal.tsx'

type Boot = 'media' | 'network'

/** Starts a guest from a media image or from the network, once. */
export function StartFrom({ guest, onClose }: { guest: VerbGuest; onClose: () => void }) {
  const { t } = useTranslation('instances')
  const [boot, setBoot] = useState<Boot>('media')
  const [media, setMedia] = useState('')
  const [uri, setUri] = useState('')
  const start = useChange('post', '/instances/{id}', {
    onMutate: () => markPending(guest.id, 'starting', stateOf(guest)),
    onSuccess: () => {
      settlePending(guest.id)
      onClose()
    },
    onError: () => clearPending(guest.id),
  })
  const refused = start.error instanceof ApiError && start.error.field === 'source' ? start.error : undefined
  const source = boot === 'media' ? media : uri.trim()
  return (
    <Confirm
      title={t('startFromTitle', { name: shortName(guest) })}
      verb={t('startVerb')}
      isPending={start.isPending}
      isReady={boot === 'network' || media !== ''}
      error={start.error && !refused && <Refusal error={start.error} />}
      onClose={onClose}
      onConfirm={() =>
        start.mutate({
          params: { path: { id: guest.id } },
          body: {
            from_media: boot === 'media',
            from_network: boot === 'network',
            ...(source === '' ? {} : { source }),
          },
        })
      }
    >
      {(['media', 'network'] as const).map((kind) => (
        <Radio
          key={kind}
          id={`boot-${kind}`}
          name="boot"
          label={t(kind === 'media' ? 'bootMedia' : 'bootNetwork')}
          isChecked={boot === kind}
          onChange={() => setBoot(kind)}
        />
      ))}
      {boot === 'media' ? (
        <Media value={media} onChange={setMedia} error={refused?.message} />
      ) : (
        <Field id="boot-uri" label={t('bootUri')} hint={t('bootUriHint')} error={refused?.message}>
          <TextInput
            id="boot-uri"
            value={uri}
            aria-describedby="boot-uri-hint"
            validated={refused ? 'error' : 'default'}
            onChange={(_, value) => setUri(value)}
          />
        </Field>
      )}
    </Confirm>
  )
}

interface MediaProps {
  value: string
  error: string | undefined
  onChange: (id: string) => void
}

function Media({ value, error, onChange }: MediaProps) {
  const { t } = useTranslation('instances')
  const { data } = useQuery(reading('/media_images'))
  const images = data?.filter(({ created }) => created)
  const isNone = images?.length === 0
  return (
    <Field
      id="boot-image"
      label={t('bootImage')}
      isRequired
      error={error}
      hint={isNone ? t('noMediaHint') : undefined}
    >
      <FormSelect
        id="boot-image"
        value={value}
        isDisabled={isNone}
        aria-describedby="boot-image-hint"
        validated={error ? 'error' : 'default'}
        onChange={(_, id) => onChange(id)}
      >
        <FormSelectOption value="" label={t('chooseImage')} isPlaceholder />
        {images?.map(({ id, name }) => (
          <FormSelectOption key={id} value={id} label={name} />
        ))}
      </FormSelect>
    </Field>
  )
}
