import { Button, FormGroup } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { bytesText } from '../../ui/format.ts'
import { useCreating } from './create-context.ts'
import { NumberField, SizeField } from './fields.tsx'
import { StepForm } from './StepForm.tsx'
import { useQuotaHints } from './use-quota-hints.ts'

const gibibyte = 2 ** 30
const mostDisks = 16

/** Cores, memory and disks, with what the zone allows and what the group has left. */
export function SizeStep() {
  const { t } = useTranslation(['create', 'common'])
  const { draft, change } = useCreating()
  const { data: limits } = useQuery(reading('/system'))
  const quota = useQuotaHints(draft.group)
  const both = (limit: string | undefined, left: string | undefined) =>
    [limit, left].filter((part) => part !== undefined).join(' ')
  return (
    <StepForm step="size">
      <NumberField
        field="cores"
        label={t('cores')}
        min={1}
        max={limits?.max_cores}
        value={draft.cores}
        onChange={(cores) => change({ cores })}
        hint={both(limits && t('coresHint', { most: limits.max_cores }), quota.cores)}
      />
      <SizeField
        field="memory"
        label={t('memory')}
        bytes={draft.memoryBytes}
        onChange={(memoryBytes) => change({ memoryBytes })}
        hint={both(limits && t('memoryHint', { most: limits.max_memory }), quota.memory)}
      />
      <Disks hint={both(limits && t('diskHint', { most: limits.max_disk }), quota.disk)} />
    </StepForm>
  )
}

function Disks({ hint }: { hint: string }) {
  const { t, i18n } = useTranslation(['create', 'common'])
  const { draft, change } = useCreating()
  const { diskBytes } = draft
  const { data: image } = useQuery({
    ...reading('/disk_images/{id}', { params: { path: { id: draft.image } } }),
    enabled: draft.source === 'image' && draft.image !== '',
  })
  const systemHint = image && t('diskOfImage', { size: bytesText(image.virtual_size, i18n.language) })
  const withDisk = (index: number, bytes: number) =>
    diskBytes.map((before, other) => (other === index ? bytes : before))
  return (
    <>
      {diskBytes.map((bytes, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a disk is its place in the list; the length makes them anew
        <div className="create-disk" key={`${diskBytes.length}-${index}`}>
          <SizeField
            field={`disks[${index}]`}
            label={index === 0 ? t('systemDisk') : t('dataDisk', { number: index })}
            bytes={bytes}
            onChange={(changed) => change({ diskBytes: withDisk(index, changed) })}
            hint={index === 0 ? [systemHint, hint].filter(Boolean).join(' ') : undefined}
          />
          {index > 0 && (
            <Button
              variant="link"
              size="sm"
              aria-label={t('removeDisk', { number: index })}
              onClick={() => change({ diskBytes: diskBytes.filter((_, other) => other !== index) })}
            >
              {t('common:remove')}
            </Button>
          )}
        </div>
      ))}
      <FormGroup>
        <Button
          variant="secondary"
          isDisabled={diskBytes.length >= mostDisks}
          onClick={() => change({ diskBytes: [...diskBytes, 20 * gibibyte] })}
        >
          {t('addDisk')}
        </Button>
      </FormGroup>
    </>
  )
}
