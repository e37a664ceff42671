import './uploads.css'
import { Button } from '@patternfly/react-core'
import AngleDownIcon from '@patternfly/react-icons/dist/esm/icons/angle-down-icon'
import AngleUpIcon from '@patternfly/react-icons/dist/esm/icons/angle-up-icon'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { percentText } from '../../ui/format.ts'
import { UploadRow } from './UploadRow.tsx'
import type { Upload } from './upload-store.ts'
import { dismissUpload } from './uploads.ts'

/** The uploads of this page, one below the other; it can be made one line high. */
export function UploadList({ uploads }: { uploads: readonly Upload[] }) {
  const { t, i18n } = useTranslation('images')
  const [isOpen, setOpen] = useState(true)
  const id = useId()
  const ended = uploads.filter(({ phase }) => phase === 'done')
  const going = uploads.filter(({ phase }) => phase !== 'done' && phase !== 'failed')
  const [sent, size] = [sumOf(going, 'sentBytes'), sumOf(going, 'sizeBytes')]
  const share = size === 0 ? '' : percentText(sent / size, i18n.language)
  return (
    <section className="upload-tray" aria-label={t('uploads')}>
      <div className="upload-tray-head">
        <Button
          variant="plain"
          size="sm"
          icon={isOpen ? <AngleDownIcon /> : <AngleUpIcon />}
          aria-expanded={isOpen}
          aria-controls={id}
          onClick={() => setOpen(!isOpen)}
        >
          {going.length > 0 ? t('uploadsGoing', { count: going.length, share }) : t('uploadsEnded')}
        </Button>
        {ended.length > 0 && (
          <Button variant="link" size="sm" onClick={() => void clear(ended)}>
            {t('clearEnded')}
          </Button>
        )}
      </div>
      <ul id={id} className="upload-tray-list" hidden={!isOpen}>
        {uploads.map((upload) => (
          <UploadRow key={upload.id} upload={upload} />
        ))}
      </ul>
    </section>
  )
}

const sumOf = (uploads: readonly Upload[], field: 'sentBytes' | 'sizeBytes') =>
  uploads.reduce((sum, upload) => sum + upload[field], 0)

const clear = (uploads: readonly Upload[]) => Promise.all(uploads.map(({ id }) => dismissUpload(id)))
