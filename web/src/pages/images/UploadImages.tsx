import { Button } from '@patternfly/react-core'
import TimesIcon from '@patternfly/react-icons/dist/esm/icons/times-icon'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { fieldError } from '../../components/field-error.ts'
import { OwnerFields, useOwnOwnership } from '../../components/OwnerFields.tsx'
import { Refusal, useRefusalText } from '../../components/Refusal.tsx'
import { FileButton } from '../../components/uploads/FileButton.tsx'
import type { ImageKind } from '../../components/uploads/upload-store.ts'
import { FormDialog } from '../../ui/FormDialog.tsx'
import { bytesText } from '../../ui/format.ts'
import { TagsField } from '../../ui/TagsField.tsx'
import { TextField } from '../../ui/TextField.tsx'
import { DropZone } from './DropZone.tsx'
import { imageNameOf } from './image-filter.ts'
import { useBeginImage } from './use-begin-image.ts'

interface Chosen {
  key: number
  file: File
  name: string
  error?: unknown
}

export interface UploadImagesProps {
  kind: ImageKind
  /** Dropped on the page before the dialog was open. */
  dropped: readonly File[]
  onClose: () => void
}

let lastKey = 0
const chosen = (file: File): Chosen => ({ key: ++lastKey, file, name: imageNameOf(file.name) })

/** Makes an image of each file and begins to send them; those that are refused stay with the reason. */
export function UploadImages({ kind, dropped, onClose }: UploadImagesProps) {
  const { t } = useTranslation('images')
  const [files, setFiles] = useState(() => dropped.map(chosen))
  const [common, setCommon] = useState({ ...useOwnOwnership(), tags: [] as string[] })
  const begin = useBeginImage(kind)
  const send = useMutation({
    mutationFn: async () => {
      const left: Chosen[] = []
      for (const one of files) {
        const error = await begin({ ...common, name: one.name }, one.file)
        if (error !== undefined) left.push({ ...one, error })
      }
      return left
    },
    onSuccess: (left) => (left.length === 0 ? onClose() : setFiles(left)),
  })
  const add = (more: File[]) => setFiles([...files, ...more.map(chosen)])
  const setName = (key: number, name: string) =>
    setFiles(files.map((one) => (one.key === key ? { key, file: one.file, name } : one)))
  return (
    <FormDialog
      title={t(kind === 'disk' ? 'uploadDiskTitle' : 'uploadMediaTitle')}
      verb={t('upload')}
      isReady={files.length > 0 && files.every(({ name }) => name !== '')}
      isPending={send.isPending}
      error={<Refusal error={send.error} />}
      onSubmit={() => send.mutate()}
      onClose={onClose}
    >
      <DropZone isOn hint={t('dropHint')} onDrop={add}>
        <div className="upload-drop">
          <span>{t(kind === 'disk' ? 'dropDisk' : 'dropMedia')}</span>
          <FileButton label={t('chooseFiles')} isMultiple onChoose={add} />
        </div>
      </DropZone>
      {files.length > 0 && (
        <ul className="upload-files" aria-label={t('files')}>
          {files.map((one) => (
            <ChosenFile
              key={one.key}
              chosen={one}
              onName={(name) => setName(one.key, name)}
              onRemove={() => setFiles(files.filter(({ key }) => key !== one.key))}
            />
          ))}
        </ul>
      )}
      <TagsField id="image-tags" tags={common.tags} onChange={(tags) => setCommon({ ...common, tags })} />
      <OwnerFields
        owner={common.owner}
        group={common.group}
        error={files.find(({ error }) => error)?.error}
        onChange={(values) => setCommon({ ...common, ...values })}
      />
    </FormDialog>
  )
}

interface ChosenFileProps {
  chosen: Chosen
  onName: (name: string) => void
  onRemove: () => void
}

function ChosenFile({ chosen: { key, file, name, error }, onName, onRemove }: ChosenFileProps) {
  const { t, i18n } = useTranslation('images')
  const textOf = useRefusalText()
  const isOfOwner = fieldError(error, 'owner') ?? fieldError(error, 'group')
  return (
    <li className="upload-file">
      <TextField
        id={`upload-name-${key}`}
        label={t('nameOf', { file: file.name })}
        hint={`${file.name} · ${bytesText(file.size, i18n.language)}`}
        value={name}
        isRequired
        error={error === undefined || isOfOwner ? undefined : textOf(error)}
        onChange={onName}
      />
      <Button
        variant="plain"
        icon={<TimesIcon />}
        aria-label={t('removeFile', { file: file.name })}
        onClick={onRemove}
      />
    </li>
  )
}
