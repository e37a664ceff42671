import './snapshots/snapshots.css'
import { Button, Skeleton } from '@patternfly/react-core'
import CodeBranchIcon from '@patternfly/react-icons/dist/esm/icons/code-branch-icon'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useMay } from '../../api/session.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { EmptyNote } from '../../ui/EmptyNote.tsx'
import { SnapshotDialogs } from './snapshots/SnapshotDialogs.tsx'
import { SnapshotPanel } from './snapshots/SnapshotPanel.tsx'
import { SnapshotTree } from './snapshots/SnapshotTree.tsx'
import { type TreeEntry, treeRows } from './snapshots/tree.ts'
import { useSnapshotDetails, useSnapshotTree } from './snapshots/use-snapshots.ts'
import { useGuest } from './use-guest.ts'

/** The snapshots of a guest: where it was, where it is, and ways back. */
export function Snapshots() {
  const guest = useGuest()
  const { id } = guest
  const { data: tree, error, refetch } = useSnapshotTree(id)
  const details = useSnapshotDetails(id, Object.keys(tree ?? {}))
  if (error && !tree) return <Refusal error={error} onRetry={() => void refetch()} />
  if (!tree) return <Skeleton height="12rem" />
  return (
    <>
      {Object.keys(tree).length === 0 ? <None /> : <Tree id={id} tree={tree} details={details} />}
      <SnapshotDialogs guest={guest} tree={tree} details={details} />
    </>
  )
}

/** Why a snapshot cannot be taken, restored or deleted. */
function useRefusal(): string | undefined {
  const { t } = useTranslation()
  const permission = 'guest.write'
  return useMay(permission) ? undefined : t('missingPermission', { permission })
}

function TakeButton() {
  const { t } = useTranslation('snapshots')
  const { open } = useDialog()
  const refusal = useRefusal()
  return (
    <Button isAriaDisabled={refusal !== undefined} onClick={() => open('takeSnapshot')}>
      {t('takeSnapshot')}
    </Button>
  )
}

function None() {
  const { t } = useTranslation('snapshots')
  const refusal = useRefusal()
  return (
    <EmptyNote title={t('none')} icon={CodeBranchIcon} action={<TakeButton />}>
      {t('noneText')} {refusal}
    </EmptyNote>
  )
}

interface TreeProps {
  id: string
  tree: Readonly<Record<string, TreeEntry>>
  details: ReturnType<typeof useSnapshotDetails>
}

function Tree({ id, tree, details }: TreeProps) {
  const { t } = useTranslation('snapshots')
  const { snapshot } = useSearch({ from: '/framed/instances/$id/snapshots' })
  const navigate = useNavigate()
  const { open } = useDialog()
  const refusal = useRefusal()
  const rows = treeRows(tree)
  // One that somebody else has deleted.
  const selected = snapshot !== undefined && snapshot in tree ? snapshot : undefined
  return (
    <div className="snapshots">
      <div className="snapshots-head">
        <TakeButton />
        <span>{t('count', { count: Object.keys(tree).length })}</span>
      </div>
      <SnapshotTree
        rows={rows}
        details={details}
        selected={selected}
        onSelect={(name) =>
          void navigate({
            to: '/instances/$id/snapshots',
            params: { id },
            search: name === undefined ? {} : { snapshot: name },
            replace: true,
          })
        }
      />
      {selected === undefined ? (
        <section className="snapshot-panel" aria-label={t('here')}>
          <p>{t('hereText')}</p>
        </section>
      ) : (
        <SnapshotPanel
          id={id}
          name={selected}
          parent={tree[selected]?.backing}
          refusal={refusal}
          onRestore={() => open('restoreSnapshot', selected)}
          onDelete={() => open('deleteSnapshot', selected)}
        />
      )}
    </div>
  )
}
