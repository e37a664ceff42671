import { FormGroup, Radio } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { AppLink } from '../../components/AppLink.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { bytesText } from '../../ui/format.ts'
import { useCreating } from './create-context.ts'
import { SelectField } from './fields.tsx'
import { StepForm } from './StepForm.tsx'
import { TemplateFields } from './TemplateFields.tsx'

const sources = ['image', 'media', 'empty'] as const

/** Where its system comes from, and what it is made for. */
export function SourceStep() {
  const { t } = useTranslation(['create', 'common'])
  const { kind, draft, change } = useCreating()
  return (
    <StepForm step="source">
      <FormGroup role="radiogroup" label={t('source')} fieldId="create-source">
        {sources
          .filter((source) => kind === 'guest' || source !== 'media')
          .map((source) => (
            <Radio
              key={source}
              id={`create-source-${source}`}
              name="source"
              label={t(`source_${source}`)}
              description={t(`sourceHint_${source}`)}
              isChecked={draft.source === source}
              onChange={() => change({ source })}
            />
          ))}
      </FormGroup>
      {draft.source === 'image' && <ImageField />}
      {draft.source === 'media' && <MediaField />}
      <TemplateFields />
    </StepForm>
  )
}

function ImageField() {
  const { t, i18n } = useTranslation(['create', 'common'])
  const { draft, change } = useCreating()
  const { data, error, refetch } = useQuery(reading('/disk_image_search'))
  const ready = data?.filter(({ created }) => created)
  const choose = (image: string) => {
    const least = ready?.find(({ id }) => id === image)?.virtual_size ?? 0
    const [system = 0, ...others] = draft.diskBytes
    change({ image, diskBytes: [Math.max(system, least), ...others] })
  }
  return (
    <>
      <SelectField
        field="from_image"
        label={t('image')}
        isRequired
        value={draft.image}
        onChange={choose}
        hint={ready?.length === 0 && <NoImages to="/images/disk" />}
        options={[
          { value: '', label: data ? t('chooseImage') : t('common:loading') },
          ...(ready ?? []).map(({ id, name, virtual_size }) => ({
            value: id,
            label: t('imageOption', { name, size: bytesText(virtual_size, i18n.language) }),
          })),
        ]}
      />
      <Refusal error={error} onRetry={() => void refetch()} />
    </>
  )
}

function MediaField() {
  const { t, i18n } = useTranslation(['create', 'common'])
  const { draft, change } = useCreating()
  const { data, error, refetch } = useQuery(reading('/media_image_search'))
  const ready = data?.filter(({ created }) => created)
  return (
    <>
      <SelectField
        field="media"
        label={t('media')}
        isRequired
        value={draft.media}
        onChange={(media) => change({ media })}
        hint={ready?.length === 0 && <NoImages to="/images/media" />}
        options={[
          { value: '', label: data ? t('chooseMedia') : t('common:loading') },
          ...(ready ?? []).map(({ id, name, size }) => ({
            value: id,
            label: t('imageOption', { name, size: bytesText(size, i18n.language) }),
          })),
        ]}
      />
      <Refusal error={error} onRetry={() => void refetch()} />
    </>
  )
}

function NoImages({ to }: { to: string }) {
  const { t } = useTranslation(['create', 'common'])
  return (
    <>
      {t('noImages')} <AppLink to={to}>{t('toImages')}</AppLink>
    </>
  )
}
