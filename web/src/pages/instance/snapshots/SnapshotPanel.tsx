import {
  ActionList,
  ActionListItem,
  Button,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
  Skeleton,
  Title,
} from '@patternfly/react-core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Refusal } from '../../../components/Refusal.tsx'
import { AgoText } from '../../../ui/AgoText.tsx'
import { bytesText, timeText } from '../../../ui/format.ts'
import { type SnapshotDetails, useSizedSnapshot } from './use-snapshots.ts'

export interface SnapshotPanelProps {
  id: string
  name: string
  parent: string | undefined
  /** Why it cannot be restored or deleted now. */
  refusal: string | undefined
  onRestore: () => void
  onDelete: () => void
}

/** What a snapshot is, and what can be done with it. */
export function SnapshotPanel({ id, name, parent, refusal, onRestore, onDelete }: SnapshotPanelProps) {
  const { t } = useTranslation(['snapshots', 'common'])
  const { data, error, refetch } = useSizedSnapshot(id, name)
  return (
    <section aria-label={name} className="snapshot-panel">
      <Title headingLevel="h2" size="lg">
        {name}
      </Title>
      {error && !data && <Refusal error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton height="10rem" />}
      {data && <Facts details={data} parent={parent} />}
      <ActionList>
        <ActionListItem>
          <Button isAriaDisabled={refusal !== undefined} onClick={onRestore}>
            {t('restore')}
          </Button>
        </ActionListItem>
        <ActionListItem>
          <Button variant="danger" isAriaDisabled={refusal !== undefined} onClick={onDelete}>
            {t('delete')}
          </Button>
        </ActionListItem>
      </ActionList>
      {refusal && <small>{refusal}</small>}
    </section>
  )
}

function Facts({ details, parent }: { details: SnapshotDetails; parent: string | undefined }) {
  const { t, i18n } = useTranslation(['snapshots', 'common'])
  const { create_time, description, running, memory, consistency, size } = details
  const rest = !running
    ? 'restOff'
    : consistency === 'filesystem'
      ? 'restFilesystem'
      : memory
        ? 'restMemory'
        : 'restCrash'
  return (
    <DescriptionList isCompact isHorizontal horizontalTermWidthModifier={{ default: '12ch' }}>
      {description && <Fact term={t('description')}>{description}</Fact>}
      <Fact term={t('taken')}>
        {timeText(create_time, i18n.language)} (<AgoText time={create_time} />)
      </Fact>
      <Fact term={t('contents')}>{memory ? t('disksAndMemory') : t('disksOnly')}</Fact>
      <Fact term={t('consistency')}>{t(rest)}</Fact>
      <Fact term={t('size')}>{size === undefined ? t('sizeInside') : bytesText(size, i18n.language)}</Fact>
      <Fact term={t('standsOn')}>{parent ?? t('nothing')}</Fact>
    </DescriptionList>
  )
}

function Fact({ term, children }: { term: string; children: ReactNode }) {
  return (
    <DescriptionListGroup>
      <DescriptionListTerm>{term}</DescriptionListTerm>
      <DescriptionListDescription>{children}</DescriptionListDescription>
    </DescriptionListGroup>
  )
}
