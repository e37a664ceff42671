import { call } from '../../api/client.ts'
import { useSession } from '../../api/session.ts'
import type { ImageKind } from '../../components/uploads/upload-store.ts'
import { beginUpload } from '../../components/uploads/uploads.ts'
import { imagePaths, listPaths } from './images-api.ts'

interface NewImage {
  name: string
  owner: string
  group: string
  tags: string[]
}

/** Makes an image and begins its upload; what it gives is why that was refused. No image is left then. */
export function useBeginImage(kind: ImageKind): (image: NewImage, file: File) => Promise<unknown> {
  const { user } = useSession()
  return async (image, file) => {
    try {
      const { id } = await call('post', listPaths[kind], { body: image })
      try {
        await beginUpload({ kind, image: id, imageName: image.name, isImageNew: true, file, user })
      } catch (error) {
        await call('delete', imagePaths[kind], { params: { path: { id } } })
        throw error
      }
    } catch (error) {
      return error
    }
    return undefined
  }
}
