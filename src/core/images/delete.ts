import type { Saga, Step } from '../../tasks/saga.ts'
import { AppError } from '../errors.ts'
import { type Expecting, requireVersion } from '../expected-version.ts'
import { findVolume, nameAll } from '../ledger/record.ts'
import { quarantinedVolume, readyVolume } from '../ledger/volume.ts'
import type { ImageDeps } from './deps.ts'
import { describeImage, type Image, type ImageKind } from './image.ts'
import { requireNoUpload } from './receive.ts'
import { findImage, insertImage, readImage, removeImage, usersOf } from './record.ts'

export interface ImageDeleteParams extends Expecting {
  id: string
  kind: ImageKind
  name: string
}

/** The image leaves the record and its bytes go into quarantine, together. */
export const imageDelete = (deps: ImageDeps): Saga<ImageDeleteParams> => ({
  kind: 'image.delete',
  title: (params) => `Delete ${describeImage(params)}`,
  check: (params) => void checkDelete(deps, params),
  steps: [reserve(deps), forget(deps), quarantine(deps)],
})

/** Its output is the row, so that an undo can bring it back. */
const reserve = (deps: ImageDeps): Step<ImageDeleteParams> => ({
  name: 'reserve',
  describe: (params) => [{ effect: `make sure that nothing needs ${describeImage(params)}` }],
  run: async ({ params }) => checkDelete(deps, params),
})

function checkDelete(deps: ImageDeps, params: ImageDeleteParams): Image {
  const image = readImage(deps.zone.db, params.id)
  requireVersion(image, params)
  const users = usersOf(deps.zone.db, image)
  if (users.length > 0)
    throw new AppError(
      'conflict',
      `${describeImage(image)} is in use by ${nameAll(users)}: delete or eject that first`,
      { details: { users } },
    )
  requireNoUpload(deps, image)
  return image
}

const reserved = (outputs: Readonly<Record<string, unknown>>) => outputs['reserve'] as Image

const forget = (deps: ImageDeps): Step<ImageDeleteParams> => ({
  name: 'forget',
  describe: (params) => [{ effect: `remove ${describeImage(params)} from the record` }],
  async run({ params, commit }) {
    const image = findImage(deps.zone.db, params.id)
    if (!image) return
    const volume = image.volume ? findVolume(deps.zone.db, image.volume) : undefined
    await deps.zone.commit({ ...commit, action: `image.delete ${image.name}` }, [
      removeImage(image),
      ...(volume ? [quarantinedVolume(volume, deps.now())] : []),
    ])
  },
  async undo({ params, outputs, commit }) {
    const image = reserved(outputs)
    if (findImage(deps.zone.db, params.id)) return
    const { version: _, ...row } = image
    const volume = image.volume ? findVolume(deps.zone.db, image.volume) : undefined
    await deps.zone.commit({ ...commit, action: `image.delete ${image.name} undone` }, [
      insertImage(row),
      ...(volume ? [readyVolume(volume)] : []),
    ])
  },
})

const quarantine = (deps: ImageDeps): Step<ImageDeleteParams> => ({
  name: 'quarantine',
  describe: () => [{ effect: 'move its bytes into quarantine, from where they can be brought back' }],
  async run({ outputs }) {
    const volume = volumeOf(deps, reserved(outputs))
    if (volume) await deps.store(volume.pool).quarantine(volume.name)
  },
  async undo({ outputs }) {
    const volume = volumeOf(deps, reserved(outputs))
    if (volume) await deps.store(volume.pool).undelete(volume.name)
  },
})

const volumeOf = (deps: ImageDeps, image: Image) =>
  image.volume ? findVolume(deps.zone.db, image.volume) : undefined
