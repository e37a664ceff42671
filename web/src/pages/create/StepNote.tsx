import { Note } from '../../ui/Note.tsx'
import { useCreating } from './create-context.ts'

/** What is wrong with something of the step that has no control of its own. */
export function StepNote({ fields }: { fields: readonly string[] }) {
  const { errorOf } = useCreating()
  const error = fields.map(errorOf).find((text) => text !== undefined)
  return error === undefined ? null : <Note kind="danger" title={error} />
}
