import * as v from 'valibot'
import type { ImageKind } from '../../core/images/image.ts'
import type { ImageImports } from '../../core/images/imports.ts'
import { type Operation, operation } from '../operation.ts'
import { text } from './identity-schemas.ts'
import { launched } from './launched.ts'

export const imageImportOperations = ({ imports }: { imports: ImageImports }): Operation[] => [
  importOperation('media', imports),
  importOperation('disk', imports),
]

const importReply = v.array(
  v.object({
    file: text('Name of the file.'),
    status: v.pipe(
      v.picklist(['waiting', 'imported', 'present', 'refused', 'failed']),
      v.description('`present`: the group has an image of that name already.'),
    ),
    id: v.optional(text('Of the image.')),
    name: v.optional(text('Of the image.')),
    error: v.optional(text('Why it was not taken.')),
  }),
)

function importOperation(kind: ImageKind, imports: ImageImports): Operation {
  return operation({
    id: `${kind}_image.import`,
    method: 'PATCH',
    path: `/${kind}_images`,
    summary: `Make ${kind} images of the files that lie in the import folder`,
    description:
      `Files in \`<data_dir>/import/${kind}\` become images named after them, without their ending. What the group has ` +
      'under that name is left alone, symbolic links are refused, and the files stay. 202 where it takes longer.',
    tag: kind === 'media' ? 'Media images' : 'Disk images',
    body: v.object({
      owner: text('Name of the user that they will belong to.'),
      group: text('Name of the group that they will belong to.'),
    }),
    reply: importReply,
    status: [200, 202],
    access: 'image.write',
    async handle(op, { body }) {
      const { files, ...outcome } = await imports.sync(op, kind, body)
      return launched(outcome, { data: files.map(({ state, ...rest }) => ({ ...rest, status: state })) })
    },
  })
}
