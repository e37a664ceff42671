import {
  Button,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { bytesText } from '../../ui/format.ts'
import { useCreating } from './create-context.ts'
import { namePreview } from './request.ts'
import type { StepId } from './steps.ts'

/** What was chosen, each step in a line, with the way back to it. */
export function Summary() {
  const { t } = useTranslation(['create', 'common'])
  const { draft } = useCreating()
  const none = t('common:none')
  return (
    <DescriptionList isCompact>
      <Line step="source">
        <Source />
      </Line>
      <Line step="identity">
        <Names />
        <div>{t('ownedBy', { owner: draft.owner || none, group: draft.group || none })}</div>
        <div>{t('inPool', { pool: draft.pool || none })}</div>
        {draft.tags.trim() !== '' && <div>{t('tagsSummary', { tags: draft.tags })}</div>}
      </Line>
      <Line step="size">
        <Size />
      </Line>
      <Line step="network">
        <Network />
      </Line>
      <Line step="system">
        <System />
      </Line>
      <Line step="limits">
        {t('prioritySummary', { priority: t(`priority_${draft.cpuPriority}`) })}
        {draft.autoStart && <div>{t('startsWithHost')}</div>}
      </Line>
    </DescriptionList>
  )
}

function Line({ step, children }: { step: Exclude<StepId, 'review'>; children: ReactNode }) {
  const { t } = useTranslation(['create', 'common'])
  const { goTo } = useCreating()
  const name = t(`step_${step}`)
  return (
    <DescriptionListGroup>
      <DescriptionListTerm>{name}</DescriptionListTerm>
      <DescriptionListDescription>
        <div className="create-summary-line">
          <div>{children}</div>
          <Button
            variant="link"
            isInline
            aria-label={t('changeStep', { step: name })}
            onClick={() => goTo(step)}
          >
            {t('change')}
          </Button>
        </div>
      </DescriptionListDescription>
    </DescriptionListGroup>
  )
}

function Source() {
  const { t } = useTranslation(['create', 'common'])
  const { draft } = useCreating()
  const { data: disks } = useQuery({ ...reading('/disk_image_search'), enabled: draft.source === 'image' })
  const { data: media } = useQuery({ ...reading('/media_image_search'), enabled: draft.source === 'media' })
  const { data: templates } = useQuery(reading('/templates'))
  const id = draft.source === 'image' ? draft.image : draft.media
  const image = (draft.source === 'image' ? disks : media)?.find((one) => one.id === id)
  const template = templates?.find((one) => one.id === draft.template)
  return (
    <>
      <div>
        {draft.source === 'empty'
          ? t('source_empty')
          : t(`sourceSummary_${draft.source}`, { name: image?.name ?? id })}
      </div>
      <div>
        {draft.template === ''
          ? t(`system_${draft.system}`)
          : t('templateSummary', { name: template?.name ?? draft.template })}
      </div>
    </>
  )
}

function Names() {
  const { kind, draft } = useCreating()
  if (kind === 'guest') return <strong>{draft.name}</strong>
  return <strong>{namePreview(draft).join(', ')}</strong>
}

function Size() {
  const { t, i18n } = useTranslation(['create', 'common'])
  const { draft } = useCreating()
  const size = (bytes: number) => bytesText(bytes, i18n.language)
  return (
    <>
      <div>{t('coresAndMemory', { count: draft.cores, memory: size(draft.memoryBytes) })}</div>
      <div>
        {t('disksSummary', { count: draft.diskBytes.length, sizes: draft.diskBytes.map(size).join(' + ') })}
      </div>
    </>
  )
}

function Network() {
  const { t } = useTranslation(['create', 'common'])
  const { kind, draft } = useCreating()
  const own = kind === 'guest' ? draft.networkAddress : ''
  return (
    <>
      <div>{own || t('anyAddress')}</div>
      {draft.ports.trim() !== '' && <div>{t('portsSummary', { ports: draft.ports })}</div>}
    </>
  )
}

function System() {
  const { t } = useTranslation(['create', 'common'])
  const { draft } = useCreating()
  if (!draft.hasCloudInit) return t('noCloudInit')
  return (
    <>
      <div>{t('userSummary', { user: draft.adminName })}</div>
      <div>{draft.password === '' ? t('passwordMade') : t('passwordGiven')}</div>
    </>
  )
}
