import './images.css'
import { PageSection } from '@patternfly/react-core'
import FolderOpenIcon from '@patternfly/react-icons/dist/esm/icons/folder-open-icon'
import UploadIcon from '@patternfly/react-icons/dist/esm/icons/upload-icon'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { PageHead } from '../../components/PageHead.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import type { ImageKind } from '../../components/uploads/upload-store.ts'
import { takeFile } from '../../components/uploads/uploads.ts'
import { useDialog } from '../../components/use-dialog.ts'
import { useListSearch } from '../../components/use-list-search.ts'
import { useMissing } from '../../components/use-missing.ts'
import { ActionButton } from '../../ui/ActionButton.tsx'
import { BuildImage } from './BuildImage.tsx'
import { DropZone } from './DropZone.tsx'
import { ImageDialogs } from './ImageDialogs.tsx'
import { ImageFilters } from './ImageFilters.tsx'
import { ImageTable } from './ImageTable.tsx'
import { ImportImages } from './ImportImages.tsx'
import { filtered, type ImageFilter } from './image-filter.ts'
import { type Image, listPaths } from './images-api.ts'
import { UploadImages } from './UploadImages.tsx'

// How far a build or somebody's upload is comes by no feed.
const progressEveryMs = 3000

/** The images of one kind. Files that are dropped anywhere on the page are uploaded. */
export function ImageList({ kind }: { kind: ImageKind }) {
  const { t } = useTranslation('images')
  const { dialog, of, open, close } = useDialog()
  const { search, change } = useListSearch<keyof ImageFilter>()
  const [files, setFiles] = useState<File[]>([])
  const { data, error, refetch } = useQuery({
    ...reading(listPaths[kind]),
    refetchInterval: ({ state }) => (state.data?.some(isGoingOn) ? progressEveryMs : false),
  })
  const refusal = useMissing('image.write')
  // Files of which a part was sent before go on; for the others it is asked what they shall be called.
  const drop = async (dropped: File[]) => {
    const taken = await Promise.all(dropped.map(takeFile))
    const others = dropped.filter((_, index) => !taken[index])
    setFiles((earlier) => [...earlier, ...others])
    if (others.length > 0) open('upload')
  }
  const leave = () => {
    setFiles([])
    close()
  }
  const upload = (
    <ActionButton icon={<UploadIcon />} refusal={refusal} onClick={() => open('upload')}>
      {t('upload')}
    </ActionButton>
  )
  return (
    <DropZone isOn={refusal === undefined} hint={t('dropHint')} onDrop={(dropped) => void drop(dropped)}>
      <PageHead
        title={t(kind === 'disk' ? 'diskImages' : 'mediaImages')}
        actions={
          <>
            <ActionButton
              variant="secondary"
              icon={<FolderOpenIcon />}
              refusal={refusal}
              onClick={() => open('import')}
            >
              {t('import')}
            </ActionButton>
            {kind === 'disk' && (
              <ActionButton variant="secondary" refusal={refusal} onClick={() => open('build')}>
                {t('build')}
              </ActionButton>
            )}
            {upload}
          </>
        }
      />
      <PageSection isFilled>
        <Refusal error={error} onRetry={() => void refetch()} />
        <ImageFilters images={data ?? []} filter={search} onChange={change} />
        <ImageTable
          kind={kind}
          images={data && filtered(data, search)}
          isNone={data?.length === 0}
          sort={search.sort ?? 'name'}
          refusal={refusal}
          upload={upload}
          onSort={(sort) => change({ sort })}
          onClear={() => change({ q: '', tag: '', owner: '', group: '' })}
          onChoose={open}
        />
      </PageSection>
      {dialog === 'upload' && <UploadImages kind={kind} dropped={files} onClose={leave} />}
      {dialog === 'build' && <BuildImage onClose={close} />}
      {dialog === 'import' && <ImportImages kind={kind} onClose={close} />}
      <ImageDialogs kind={kind} image={data?.find(({ id }) => id === of)} dialog={dialog} onClose={close} />
    </DropZone>
  )
}

const isGoingOn = ({ created }: Image) => !created
