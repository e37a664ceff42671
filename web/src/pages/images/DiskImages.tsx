import { Needs } from '../../components/Needs.tsx'
import { ImageList } from './ImageList.tsx'

export function DiskImages() {
  return (
    <Needs permission="image.read">
      <ImageList key="disk" kind="disk" />
    </Needs>
  )
}
