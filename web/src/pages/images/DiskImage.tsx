import { getRouteApi } from '@tanstack/react-router'
import { Needs } from '../../components/Needs.tsx'
import { ImagePage } from './ImagePage.tsx'

const route = getRouteApi('/framed/images/disk/$id')

export function DiskImage() {
  const { id } = route.useParams()
  return (
    <Needs permission="image.read">
      <ImagePage key={id} kind="disk" id={id} />
    </Needs>
  )
}
