import './templates.css'
import {
  Button,
  Card,
  CardBody,
  CardTitle,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
  PageSection,
  Skeleton,
} from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { useMay } from '../../api/session.ts'
import { PageHead } from '../../components/PageHead.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { CopyText } from '../../ui/CopyText.tsx'
import { timeText } from '../../ui/format.ts'
import { DeleteTemplate, EditTemplate } from './TemplateDialogs.tsx'
import { devices, flags, type Template as Shown } from './template.ts'

const route = getRouteApi('/framed/templates/$id')

/** One profile with its devices. */
export function Template() {
  const { t } = useTranslation('templates')
  const { id } = route.useParams()
  const navigate = route.useNavigate()
  const { dialog, close } = useDialog()
  const mayWrite = useMay('compute.write')
  const { data, error, refetch } = useQuery(reading('/templates/{id}', { params: { path: { id } } }))
  const toList = () => void navigate({ to: '/templates' })
  return (
    <>
      <PageHead
        title={data?.name ?? id}
        crumbs={[{ title: t('title'), to: '/templates' }]}
        actions={data && <Actions id={id} />}
      />
      <PageSection isFilled>
        {error && <Refusal error={error} onRetry={() => void refetch()} />}
        {!error && !data && <Skeleton height="12rem" screenreaderText={t('loading')} />}
        {data && <Cards template={data} />}
      </PageSection>
      {data && mayWrite && dialog === 'edit' && <EditTemplate template={data} onClose={close} />}
      {data && mayWrite && dialog === 'delete' && (
        <DeleteTemplate template={data} onDeleted={toList} onClose={close} />
      )}
    </>
  )
}

function Actions({ id }: { id: string }) {
  const { t } = useTranslation(['templates', 'common'])
  const navigate = route.useNavigate()
  const { open } = useDialog()
  const may = { make: useMay('guest.write'), write: useMay('compute.write') }
  const needs = (isMay: boolean, permission: string) => ({
    isAriaDisabled: !isMay,
    ...(isMay ? {} : { title: t('common:missingPermission', { permission }) }),
  })
  return (
    <>
      <Button
        variant="secondary"
        isDanger
        onClick={() => open('delete')}
        {...needs(may.write, 'compute.write')}
      >
        {t('common:delete')}
      </Button>
      <Button
        variant="secondary"
        onClick={() => void navigate({ to: '/templates', search: { dialog: 'create', from: id } })}
        {...needs(may.write, 'compute.write')}
      >
        {t('copy')}
      </Button>
      <Button variant="secondary" onClick={() => open('edit')} {...needs(may.write, 'compute.write')}>
        {t('common:edit')}
      </Button>
      <Button
        onClick={() => void navigate({ to: '/instances/new', search: { template: id } })}
        {...needs(may.make, 'guest.write')}
      >
        {t('use')}
      </Button>
    </>
  )
}

function Cards({ template }: { template: Shown }) {
  const { t, i18n } = useTranslation('templates')
  const versions = template.system_versions.join(', ')
  return (
    <div className="template-cards">
      <Facts title={t('identity')}>
        <Fact term={t('id')}>
          <CopyText text={template.id} />
        </Fact>
        <Fact term={t('operating_system')}>{template.operating_system}</Fact>
        <Fact term={t('system_versions')}>{versions || t('none')}</Fact>
        <Fact term={t('admin')}>{template.admin}</Fact>
        <Fact term={t('created')}>{timeText(template.created_time, i18n.language)}</Fact>
        <Fact term={t('modified')}>{timeText(template.modified_time, i18n.language)}</Fact>
      </Facts>
      <Facts title={t('devices')}>
        {devices.map((device) => (
          <Fact key={device} term={t(device)}>
            {template[device] || t('none')}
          </Fact>
        ))}
        {flags.map((flag) => (
          <Fact key={flag} term={t(flag)}>
            {template[flag] ? t('yes') : t('no')}
          </Fact>
        ))}
      </Facts>
      <p className="template-note">{t('changeHint')}</p>
    </div>
  )
}

function Facts({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card isCompact>
      <CardTitle component="h2">{title}</CardTitle>
      <CardBody>
        <DescriptionList isHorizontal isCompact horizontalTermWidthModifier={{ default: '16ch' }}>
          {children}
        </DescriptionList>
      </CardBody>
    </Card>
  )
}

const Fact = ({ term, children }: { term: string; children: ReactNode }) => (
  <DescriptionListGroup>
    <DescriptionListTerm>{term}</DescriptionListTerm>
    <DescriptionListDescription>{children}</DescriptionListDescription>
  </DescriptionListGroup>
)
