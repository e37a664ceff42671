import { Button } from '@patternfly/react-core'
import PauseIcon from '@patternfly/react-icons/dist/esm/icons/pause-icon'
import PlayIcon from '@patternfly/react-icons/dist/esm/icons/play-icon'
import RedoIcon from '@patternfly/react-icons/dist/esm/icons/redo-icon'
import TimesIcon from '@patternfly/react-icons/dist/esm/icons/times-icon'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Confirm } from '../../ui/Confirm.tsx'
import { bytesText } from '../../ui/format.ts'
import { Note } from '../../ui/Note.tsx'
import { Refusal } from '../Refusal.tsx'
import { FileButton } from './FileButton.tsx'
import type { Upload } from './upload-store.ts'
import {
  cancelUpload,
  dismissUpload,
  giveFile,
  type OtherFile,
  pauseUpload,
  resumeUpload,
} from './uploads.ts'

/** What can be done with an upload, by its phase. */
export function UploadActions({ upload }: { upload: Upload }) {
  const { t } = useTranslation(['images', 'common'])
  const [isAsking, setAsking] = useState(false)
  const { id, phase, imageName: name, isSpoilt } = upload
  const canPause = phase === 'sending' || phase === 'queued' || phase === 'interrupted'
  const dismiss = useMutation({ mutationFn: () => dismissUpload(id) })
  return (
    <div className="upload-row-actions">
      {phase === 'needsFile' && <ChooseAgain upload={upload} />}
      {canPause && (
        <Button
          variant="plain"
          size="sm"
          icon={<PauseIcon />}
          aria-label={t('pauseOf', { name })}
          onClick={() => pauseUpload(id)}
        />
      )}
      {phase === 'paused' && (
        <Button
          variant="plain"
          size="sm"
          icon={<PlayIcon />}
          aria-label={t('resumeOf', { name })}
          onClick={() => resumeUpload(id)}
        />
      )}
      {phase === 'failed' && !isSpoilt && (
        <Button variant="link" size="sm" icon={<RedoIcon />} onClick={() => resumeUpload(id)}>
          {t('common:retry')}
        </Button>
      )}
      {phase === 'failed' && isSpoilt && (
        <Button
          variant="link"
          size="sm"
          isDanger
          isLoading={dismiss.isPending}
          onClick={() => dismiss.mutate()}
        >
          {t('deleteImage')}
        </Button>
      )}
      {phase === 'done' ? (
        <Button
          variant="plain"
          size="sm"
          icon={<TimesIcon />}
          aria-label={t('dismissOf', { name })}
          onClick={() => dismiss.mutate()}
        />
      ) : (
        !isSpoilt &&
        phase !== 'checking' && (
          <Button
            variant="plain"
            size="sm"
            icon={<TimesIcon />}
            aria-label={t('cancelOf', { name })}
            onClick={() => setAsking(true)}
          />
        )
      )}
      {isAsking && <CancelUpload upload={upload} onClose={() => setAsking(false)} />}
    </div>
  )
}

function CancelUpload({ upload, onClose }: { upload: Upload; onClose: () => void }) {
  const { t, i18n } = useTranslation('images')
  const cancel = useMutation({ mutationFn: () => cancelUpload(upload.id), onSuccess: onClose })
  return (
    <Confirm
      title={t('cancelTitle', { name: upload.imageName })}
      verb={t('cancelVerb')}
      isDanger
      isPending={cancel.isPending}
      error={<Refusal error={cancel.error} />}
      onConfirm={() => cancel.mutate()}
      onClose={onClose}
    >
      <p>
        {t(upload.isImageNew ? 'cancelLosesImage' : 'cancelLoses', {
          size: bytesText(upload.sentBytes, i18n.language),
        })}
      </p>
    </Confirm>
  )
}

/** The file of which a part was sent; another one is refused with the difference. */
function ChooseAgain({ upload }: { upload: Upload }) {
  const { t } = useTranslation('images')
  const [other, setOther] = useState<OtherFile>()
  const words = { name: 'otherName', size: 'otherSize', content: 'otherContent' } as const
  return (
    <>
      <FileButton
        label={t('chooseAgain')}
        name={t('chooseAgainOf', { name: upload.fileName || upload.imageName })}
        onChoose={async ([file]) => file && setOther(await giveFile(upload.id, file))}
      />
      {other && (
        <Note kind="warning" title={t(words[other], { name: upload.fileName || upload.imageName })} />
      )}
    </>
  )
}
