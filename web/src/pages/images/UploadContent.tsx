import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useSession } from '../../api/session.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { FileButton } from '../../components/uploads/FileButton.tsx'
import type { ImageKind } from '../../components/uploads/upload-store.ts'
import { adoptUpload, beginUpload, giveFile, type OtherFile } from '../../components/uploads/uploads.ts'
import { FormDialog } from '../../ui/FormDialog.tsx'
import { bytesText } from '../../ui/format.ts'
import { Note } from '../../ui/Note.tsx'
import type { Image } from './images-api.ts'

/** Gives an empty image its content, or goes on with an upload that is open, whoever began it. */
export function UploadContent({
  kind,
  image,
  onClose,
}: {
  kind: ImageKind
  image: Image
  onClose: () => void
}) {
  const { t, i18n } = useTranslation('images')
  const { user } = useSession()
  const [file, setFile] = useState<File>()
  const [other, setOther] = useState<OtherFile>()
  const { upload, name: imageName } = image
  const send = useMutation({
    mutationFn: async (chosen: File) => {
      if (upload === undefined)
        return beginUpload({ kind, image: image.id, imageName, isImageNew: false, file: chosen, user })
      await adoptUpload({ id: upload, kind, image: image.id, imageName })
      const difference = await giveFile(upload, chosen)
      setOther(difference)
      if (difference) throw new Error(t('otherFile'))
      return undefined
    },
    onSuccess: onClose,
  })
  const words = { name: 'otherName', size: 'otherSize', content: 'otherContent' } as const
  return (
    <FormDialog
      title={t('contentTitle', { name: imageName })}
      verb={t(upload === undefined ? 'upload' : 'goOn')}
      isReady={file !== undefined}
      isPending={send.isPending}
      error={
        other ? (
          <Note kind="warning" title={t(words[other], { name: imageName })} />
        ) : (
          <Refusal error={send.error} />
        )
      }
      onSubmit={() => file && send.mutate(file)}
      onClose={onClose}
    >
      <p>{t(upload === undefined ? 'contentText' : 'goOnText')}</p>
      <div className="upload-drop">
        {file && (
          <span>
            {file.name} · {bytesText(file.size, i18n.language)}
          </span>
        )}
        <FileButton label={t('chooseFile')} onChoose={([chosen]) => chosen && setFile(chosen)} />
      </div>
    </FormDialog>
  )
}
