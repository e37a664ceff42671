import { getRouteApi } from '@tanstack/react-router'
import { Needs } from '../../components/Needs.tsx'
import { ImagePage } from './ImagePage.tsx'

const route = getRouteApi('/framed/images/media/$id')

export function MediaImage() {
  const { id } = route.useParams()
  return (
    <Needs permission="image.read">
      <ImagePage key={id} kind="media" id={id} />
    </Needs>
  )
}
