import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { useDialog } from '../../components/use-dialog.ts'
import { Note } from '../../ui/Note.tsx'
import type { CellDetails, CellPlace } from './Cell.tsx'
import { Facts } from './Facts.tsx'
import { MayButton } from './MayButton.tsx'
import { Panel } from './Panel.tsx'

/** Where the disks of a cell can lie, where new ones land, and what it cannot reach. */
export function CellStorages({ cell, place }: { cell: CellDetails; place: CellPlace }) {
  const { t } = useTranslation(['compute', 'common'])
  const { open } = useDialog()
  const { data } = useQuery(
    reading('/compute_cell_status/{pool}/{cell}/storages', { params: { path: place } }),
  )
  const unreachable = cell.storage.filter(({ attached }) => !attached)
  const links = cell.storage.map(({ name }) => (
    <div key={name}>
      <Link to="/storage/$pool" params={{ pool: name }}>
        {name}
      </Link>
    </div>
  ))
  return (
    <Panel title={t('storages')}>
      {unreachable.map(({ name, error }) => (
        <Note key={name} kind="danger" title={t('notAttached', { name })}>
          {error}
        </Note>
      ))}
      <Facts
        facts={[
          [t('attached'), links.length > 0 ? links : t('common:none')],
          [t('newDisks'), data && (data.default || t('common:none'))],
          [t('diskPlaces'), data && data.data.length > 0 && <Paths paths={data.data} />],
          [t('ownPlaces'), data && data.system.length > 0 && <Paths paths={data.system} />],
        ]}
      />
      <MayButton permission="compute.write" variant="link" isInline onClick={() => open('storage')}>
        {t('changeNewDisks')}
      </MayButton>
    </Panel>
  )
}

const Paths = ({ paths }: { paths: readonly string[] }) => (
  <ul className="compute-list">
    {paths.map((path) => (
      <li key={path}>{path}</li>
    ))}
  </ul>
)
