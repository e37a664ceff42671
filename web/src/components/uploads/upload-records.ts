// What is known of open uploads after the page was loaded anew: the browser forgets the files, not what was sent of them.
import * as v from 'valibot'

const record = v.object({
  /** Of the upload. */
  id: v.string(),
  user: v.string(),
  kind: v.picklist(['disk', 'media']),
  image: v.string(),
  imageName: v.string(),
  /** The image was made for this upload, and goes with it. */
  isImageNew: v.boolean(),
  fileName: v.string(),
  sizeBytes: v.number(),
  /** SHA-256 of the file's beginning. */
  beginning: v.string(),
  /** When the page that sends it was last alive; 0 when it went. */
  aliveAt: v.number(),
})
export type UploadRecord = v.InferOutput<typeof record>

const storageKey = 'nacelle.uploads'
const records = v.array(record)

export function readRecords(storage: Pick<Storage, 'getItem'> = localStorage): UploadRecord[] {
  try {
    const found = v.safeParse(records, JSON.parse(storage.getItem(storageKey) ?? '[]'))
    return found.success ? found.output : []
  } catch {
    return []
  }
}

/** Changes the list in one go, so that what another tab wrote stays. */
export function changeRecords(
  change: (all: UploadRecord[]) => UploadRecord[],
  storage: Pick<Storage, 'getItem' | 'setItem'> = localStorage,
): void {
  try {
    storage.setItem(storageKey, JSON.stringify(change(readRecords(storage))))
  } catch {
    // A full or forbidden storage: the upload goes on, and only a new page does not know of it.
  }
}

// A page that sends says that it lives more often than this.
const silentMs = 10_000

/** Uploads of this person that no page is sending. */
export const abandoned = (all: readonly UploadRecord[], user: string, now: number): UploadRecord[] =>
  all.filter((one) => one.user === user && now - one.aliveAt > silentMs)
