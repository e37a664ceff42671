import type { ImageKind } from '../../components/uploads/upload-store.ts'
import { DeleteImage } from './DeleteImage.tsx'
import { EditImage } from './EditImage.tsx'
import type { Image } from './images-api.ts'
import { UploadContent } from './UploadContent.tsx'

export interface ImageDialogsProps {
  kind: ImageKind
  image: Image | undefined
  dialog: string | undefined
  onClose: () => void
  onDeleted?: () => void
}

/** The dialogs of one image, in its list and on its page. */
export function ImageDialogs({ kind, image, dialog, onClose, onDeleted = onClose }: ImageDialogsProps) {
  if (!image) return null
  if (dialog === 'edit') return <EditImage kind={kind} image={image} onClose={onClose} />
  if (dialog === 'content') return <UploadContent kind={kind} image={image} onClose={onClose} />
  if (dialog === 'delete')
    return <DeleteImage kind={kind} image={image} onClose={onClose} onDeleted={onDeleted} />
  return null
}
