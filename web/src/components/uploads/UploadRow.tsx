import { Progress, ProgressMeasureLocation, ProgressSize } from '@patternfly/react-core'
import CheckIcon from '@patternfly/react-icons/dist/esm/icons/check-icon'
import ExclamationCircleIcon from '@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon'
import { useTranslation } from 'react-i18next'
import { bytesText, durationText, rateText } from '../../ui/format.ts'
import { AppLink } from '../AppLink.tsx'
import { useRefusalText } from '../Refusal.tsx'
import { FileUnreadable } from './checksum.ts'
import { UploadActions } from './UploadActions.tsx'
import { ChecksumsDiffer, UploadGone } from './upload-job.ts'
import type { Upload } from './upload-store.ts'

/** One upload: how far it is, how fast, its checksum, and what can be done. */
export function UploadRow({ upload }: { upload: Upload }) {
  const { t } = useTranslation('images')
  const { kind, image, imageName, fileName, sentBytes, sizeBytes, phase } = upload
  const name = <AppLink to={`/images/${kind}/${image}`}>{imageName}</AppLink>
  return (
    <li className="upload-row" aria-label={imageName}>
      <div className="upload-row-name">
        {name}
        {fileName !== '' && fileName !== imageName && <small>{fileName}</small>}
      </div>
      <Progress
        className="upload-row-progress"
        aria-label={t('progressOf', { name: imageName })}
        size={ProgressSize.sm}
        measureLocation={ProgressMeasureLocation.outside}
        value={Math.floor((100 * sentBytes) / sizeBytes)}
        {...(phase === 'failed' ? { variant: 'danger' as const } : {})}
        {...(phase === 'done' ? { variant: 'success' as const } : {})}
      />
      <UploadState upload={upload} />
      <UploadActions upload={upload} />
    </li>
  )
}

function UploadState({ upload }: { upload: Upload }) {
  const { t, i18n } = useTranslation('images')
  const { phase, sentBytes, sizeBytes, bytesPerSecond, readBytes, sha256 } = upload
  const errorText = useUploadError()
  const size = (bytes: number) => bytesText(bytes, i18n.language)
  const amount = t('sentOf', { sent: size(sentBytes), size: size(sizeBytes) })
  switch (phase) {
    case 'sending': {
      const rate = bytesPerSecond && bytesPerSecond > 0 ? bytesPerSecond : undefined
      const left = rate && durationText((sizeBytes - sentBytes) / rate, i18n.language)
      return (
        <div className="upload-row-state">
          {amount}
          {rate && ` · ${rateText(rate, i18n.language)} · ${t('timeLeft', { time: left })}`}
        </div>
      )
    }
    case 'checking':
      return (
        <div className="upload-row-state" role="status">
          {readBytes < sizeBytes ? t('addingUp', { size: size(readBytes) }) : t('checking')}
        </div>
      )
    case 'done':
      return (
        <div className="upload-row-state" role="status">
          <CheckIcon className="upload-good" /> {t('checksumMatches')}{' '}
          <code title={sha256}>{sha256?.slice(0, 12)}…</code>
        </div>
      )
    case 'failed':
      return (
        <div className="upload-row-state" role="alert">
          <ExclamationCircleIcon className="upload-bad" /> {errorText(upload.error)}
        </div>
      )
    default:
      return (
        <div className="upload-row-state" role="status">
          {t(phase)} · {amount}
        </div>
      )
  }
}

function useUploadError(): (error: unknown) => string {
  const { t } = useTranslation('images')
  const refusalText = useRefusalText()
  return (error) => {
    if (error instanceof ChecksumsDiffer)
      return t('checksumsDiffer', { here: error.here, there: error.there })
    if (error instanceof UploadGone) return t('uploadGone')
    if (error instanceof FileUnreadable) return t('fileUnreadable')
    return refusalText(error)
  }
}
