import { Needs } from '../../components/Needs.tsx'
import { ImageList } from './ImageList.tsx'

export function MediaImages() {
  return (
    <Needs permission="image.read">
      <ImageList key="media" kind="media" />
    </Needs>
  )
}
