import { randomUUID } from 'node:crypto'
import type { OperationContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { requirePermission } from '../identity/permissions.ts'
import { type Launched, launch } from '../launch.ts'
import type { ImageKind } from './image.ts'
import {
  type ImageImportParams,
  type ImportDeps,
  type ImportedFile,
  type ImportItem,
  imageImport,
} from './import.ts'
import type { LaidFile } from './import-folder.ts'
import { newImage } from './plan.ts'
import { checkOwnership } from './record.ts'

export interface ImageImports {
  /**
   * Makes an image of each file that lies ready, named after it without its ending. A file whose name an image of the
   * group has already is left alone, so that a repeat makes nothing twice; the files stay. Needs the permission for all
   * images: what lies there is nobody's.
   */
  sync(
    op: OperationContext,
    kind: ImageKind,
    owner: { owner: string; group: string },
  ): Promise<Launched & { files: ImportedFile[] }>
}

/** Most files are small media; longer ones go on after the answer. */
const settleMs = 30_000
const mostFiles = 200

export function createImageImports(deps: ImportDeps): ImageImports {
  deps.tasks.define(imageImport(deps))
  return {
    async sync(op, kind, { owner, group }) {
      requirePermission(op, 'image.write')
      checkOwnership(deps.zone.db, { owner, group })
      const laid = await deps.folder.list(kind)
      if (laid.length > mostFiles)
        throw new AppError(
          'conflict',
          `${laid.length} files lie ready, and ${mostFiles} are the most at once: take some away`,
        )
      const items = laid.map((file) => planItem(deps, { kind, owner, group }, file))
      const launched = await launch<ImageImportParams>(op, deps.tasks, {
        kind: 'image.import',
        subject: `import:${kind}`,
        params: { kind, owner, group, items },
        locks: { exclusive: [`import:${kind}`] },
        settleMs,
      })
      const done = 'task' in launched && launched.task.state === 'done'
      const files = done ? (launched.task.result as ImportedFile[]) : items.map(waiting)
      return { ...launched, files }
    },
  }
}

const waiting = ({ file, refused, image }: ImportItem): ImportedFile =>
  image
    ? { file, state: 'waiting', id: image.id, name: image.name }
    : { file, state: 'refused', error: refused }

const refusals: Record<Exclude<LaidFile['sort'], 'file'>, string> = {
  link: 'it is a symbolic link: copy or move the file itself here',
  other: 'it is no plain file',
}

function planItem(
  deps: ImportDeps,
  { kind, owner, group }: Omit<ImageImportParams, 'items'>,
  { name: file, sizeBytes, sort }: LaidFile,
): ImportItem {
  if (sort !== 'file') return { file, sizeBytes, refused: refusals[sort] }
  const name = file.replace(/\.(iso|img|raw|qcow2)$/i, '')
  try {
    const image = newImage(deps, kind, { name, owner, group, description: '', tags: [] }, 'building')
    return { file, sizeBytes, image, volume: randomUUID() }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { file, sizeBytes, refused: `no image can be named after it: ${error.message}` }
  }
}
