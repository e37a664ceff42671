import type { Saga, Step } from '../../tasks/saga.ts'
import { AppError } from '../errors.ts'
import { type Expecting, requireVersion } from '../expected-version.ts'
import { quarantineEffects } from '../guests/effects.ts'
import { nameAll } from '../ledger/record.ts'
import { quarantinedVolume, readyVolume } from '../ledger/volume.ts'
import { volumesOfImage } from './copies.ts'
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
    const volumes = volumesOfImage(deps.zone.db, image.id)
    await deps.zone.commit({ ...commit, action: `image.delete ${image.name}` }, [
      removeImage(image),
      ...volumes.map((volume) => quarantinedVolume(volume, deps.now())),
    ])
  },
  async undo({ params, outputs, commit }) {
    const image = reserved(outputs)
    if (findImage(deps.zone.db, params.id)) return
    const { version: _, ...row } = image
    await deps.zone.commit({ ...commit, action: `image.delete ${image.name} undone` }, [
      insertImage(row),
      ...volumesOfImage(deps.zone.db, image.id).map((volume) => readyVolume(volume)),
    ])
  },
})

/** Copies on other pools go with it. */
const quarantine = (deps: ImageDeps): Step<ImageDeleteParams> => ({
  name: 'quarantine',
  describe: ({ id }) =>
    quarantineEffects(
      deps,
      volumesOfImage(deps.zone.db, id).map((volume) => volume.id),
      'move its bytes into quarantine, from where they can be brought back',
    ),
  async run({ outputs }) {
    for (const volume of volumesOf(deps, outputs)) await deps.store(volume.pool).quarantine(volume.name)
  },
  async undo({ outputs }) {
    for (const volume of volumesOf(deps, outputs)) await deps.store(volume.pool).undelete(volume.name)
  },
})

const volumesOf = (deps: ImageDeps, outputs: Readonly<Record<string, unknown>>) =>
  volumesOfImage(deps.zone.db, reserved(outputs).id)
