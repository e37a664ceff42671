import { type BulkVerb, bulkVerbs } from '../../components/guest-verbs.ts'
import { useDialog } from '../../components/use-dialog.ts'
import { BulkBar } from './BulkBar.tsx'
import { BulkDialog } from './BulkDialog.tsx'
import { useBulk } from './use-bulk.ts'
import type { Selection } from './use-selection.ts'

const prefix = 'bulk-'

/** The bar of what is chosen, its dialog (`?dialog=bulk-delete`), and what it does. */
export function Chosen({ selection }: { selection: Selection }) {
  const { dialog, open, close } = useDialog()
  const bulk = useBulk()
  const guests = [...selection.guests.values()]
  const asked = bulkVerbs.find((verb) => dialog === `${prefix}${verb}`)
  const choose = (verb: BulkVerb) =>
    verb === 'start' ? void bulk.run(verb, guests) : open(`${prefix}${verb}`)
  return (
    <>
      <BulkBar
        guests={guests}
        progress={bulk.progress}
        onVerb={choose}
        onClear={() => selection.set([])}
        onDismiss={bulk.dismiss}
      />
      {asked && guests.length > 0 && (
        <BulkDialog
          verb={asked}
          guests={guests}
          onClose={close}
          onConfirm={(fit) => {
            close()
            void bulk.run(asked, fit)
          }}
        />
      )}
    </>
  )
}
