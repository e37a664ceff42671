import { Button, Label, LabelGroup } from '@patternfly/react-core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { AppLink } from '../../components/AppLink.tsx'
import type { ImageKind } from '../../components/uploads/upload-store.ts'
import { AgoText } from '../../ui/AgoText.tsx'
import { type Column, DataTable } from '../../ui/DataTable.tsx'
import { EmptyNote } from '../../ui/EmptyNote.tsx'
import { bytesText } from '../../ui/format.ts'
import { RowMenu } from '../../ui/RowMenu.tsx'
import { ImageState } from './ImageState.tsx'
import { downloadOf, type Image } from './images-api.ts'

export interface ImageTableProps {
  kind: ImageKind
  images: readonly Image[] | undefined
  /** There are none at all, whatever the filters. */
  isNone: boolean
  sort: string
  refusal: string | undefined
  upload: ReactNode
  onSort: (sort: string) => void
  onClear: () => void
  /** Opens a dialog of an image. */
  onChoose: (dialog: string, id: string) => void
}

export function ImageTable(props: ImageTableProps) {
  const { kind, images, isNone, sort, upload, onSort, onClear } = props
  const { t } = useTranslation(['images', 'common'])
  const columns = useColumns(kind)
  const isDown = sort.startsWith('-')
  return (
    <DataTable
      label={t(kind === 'disk' ? 'diskImages' : 'mediaImages')}
      columns={columns}
      rows={images}
      rowKey={({ id }) => id}
      sort={{ key: isDown ? sort.slice(1) : sort, direction: isDown ? 'desc' : 'asc' }}
      onSort={({ key, direction }) => onSort(direction === 'desc' ? `-${key}` : key)}
      rowActions={(image) => <ImageMenu {...props} image={image} />}
      empty={
        isNone ? (
          <EmptyNote title={t(kind === 'disk' ? 'noDiskImages' : 'noMediaImages')} action={upload}>
            {t(kind === 'disk' ? 'noDiskImagesHint' : 'noMediaImagesHint')}
          </EmptyNote>
        ) : (
          <EmptyNote
            title={t('common:nothingFound')}
            action={
              <Button variant="link" onClick={onClear}>
                {t('common:clearFilters')}
              </Button>
            }
          >
            {t('common:nothingFoundHint')}
          </EmptyNote>
        )
      }
    />
  )
}

function useColumns(kind: ImageKind): Column<Image>[] {
  const { t, i18n } = useTranslation(['images', 'common'])
  const size = (bytes: number) => bytesText(bytes, i18n.language)
  const name: Column<Image> = {
    key: 'name',
    title: t('common:name'),
    isSortable: true,
    render: (image) => (
      <span className="image-name">
        <AppLink to={`/images/${kind}/${image.id}`}>{image.name}</AppLink>
        {image.description && <small>{image.description}</small>}
      </span>
    ),
  }
  return [
    name,
    { key: 'state', title: t('common:state'), render: (image) => <ImageState image={image} /> },
    {
      key: 'size',
      title: t('size'),
      isSortable: true,
      modifier: 'nowrap',
      render: (image) => (image.created ? size(image.size) : ''),
    },
    ...(kind === 'disk'
      ? [
          {
            key: 'virtual',
            title: t('virtualSize'),
            modifier: 'nowrap' as const,
            render: (image: Image) => (image.created ? size(image.virtual_size) : ''),
          },
          {
            key: 'format',
            title: t('format'),
            modifier: 'fitContent' as const,
            render: ({ format }: Image) => format,
          },
        ]
      : []),
    { key: 'tags', title: t('tags'), render: ({ tags }) => <Tags tags={tags} /> },
    { key: 'owner', title: t('owner'), render: (image) => <Owner image={image} /> },
    {
      key: 'modified',
      title: t('modified'),
      isSortable: true,
      modifier: 'nowrap',
      render: ({ modify_time }) => <AgoText time={modify_time} />,
    },
  ]
}

function Owner({ image: { owner, group } }: { image: Image }) {
  const { t } = useTranslation('images')
  return (
    <span className="image-owner">
      {owner}
      <small title={t('group')}>{group}</small>
    </span>
  )
}

export function Tags({ tags }: { tags: readonly string[] }) {
  const { t } = useTranslation('images')
  if (tags.length === 0) return null
  return (
    <LabelGroup aria-label={t('tags')} numLabels={4}>
      {tags.map((tag) => (
        <Label key={tag} isCompact>
          {tag}
        </Label>
      ))}
    </LabelGroup>
  )
}

function ImageMenu({ kind, image, refusal, onChoose }: ImageTableProps & { image: Image }) {
  const { t } = useTranslation(['images', 'common'])
  const { id, name, created } = image
  const content = refusal ?? (created ? t('hasContent') : undefined)
  return (
    <RowMenu
      name={name}
      verbs={[
        { key: 'edit', title: t('common:edit'), refusal, onChoose: () => onChoose('edit', id) },
        {
          key: 'content',
          title: t('uploadContent'),
          refusal: content,
          onChoose: () => onChoose('content', id),
        },
        {
          key: 'download',
          title: t('download'),
          refusal: created ? undefined : t('noContent'),
          onChoose: () => download(downloadOf(kind, id)),
        },
        {
          key: 'delete',
          title: t('common:delete'),
          isDanger: true,
          refusal,
          onChoose: () => onChoose('delete', id),
        },
      ]}
    />
  )
}

/** The appliance's answer names the file; the page stays. */
function download(path: string): void {
  const link = document.createElement('a')
  link.href = path
  link.download = ''
  link.click()
}
