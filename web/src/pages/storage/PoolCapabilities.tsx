import CheckCircleIcon from '@patternfly/react-icons/dist/esm/icons/check-circle-icon'
import MinusCircleIcon from '@patternfly/react-icons/dist/esm/icons/minus-circle-icon'
import { useTranslation } from 'react-i18next'
import type { PoolDetails, Word } from './pool-fields.ts'

type Capabilities = PoolDetails['capabilities']

const snapshotWords = {
  layers: 'snapshotsLayers',
  native: 'snapshotsNative',
  none: 'snapshotsNone',
} as const satisfies Record<Capabilities['snapshots'], Word>

/** What disks on the pool can do, and what they cannot. */
export function PoolCapabilities({ capabilities }: { capabilities: Capabilities }) {
  const { t } = useTranslation('storage')
  const lines: [boolean, Word][] = [
    [capabilities.thin_clone, capabilities.thin_clone ? 'canThin' : 'cannotThin'],
    [capabilities.snapshots !== 'none', snapshotWords[capabilities.snapshots]],
    [capabilities.online_resize, capabilities.online_resize ? 'canGrow' : 'cannotGrow'],
    [capabilities.files, capabilities.files ? 'canFiles' : 'cannotFiles'],
    [capabilities.incremental, capabilities.incremental ? 'canIncremental' : 'cannotIncremental'],
    [capabilities.shared, capabilities.shared ? 'isShared' : 'isNotShared'],
  ]
  return (
    <ul className="storage-capabilities">
      {lines.map(([can, word]) => (
        <li key={word} className={can ? 'storage-can' : 'storage-cannot'}>
          {can ? <CheckCircleIcon aria-hidden /> : <MinusCircleIcon aria-hidden />} {t(word)}
        </li>
      ))}
    </ul>
  )
}
