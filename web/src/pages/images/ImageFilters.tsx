import {
  FormSelect,
  FormSelectOption,
  Label,
  LabelGroup,
  SearchInput,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { choices, type ImageFilter, tagsOf } from './image-filter.ts'
import type { Image } from './images-api.ts'

export interface ImageFiltersProps {
  images: readonly Image[]
  filter: ImageFilter
  onChange: (values: ImageFilter) => void
}

/** Search and filters; each filter that is set is a chip that takes it away. */
export function ImageFilters({ images, filter, onChange }: ImageFiltersProps) {
  const { t } = useTranslation(['images', 'common'])
  const tags = tagsOf(filter.tag)
  const setTags = (values: string[]) => onChange({ tag: values.join(',') })
  const chips = [
    ...tags.map((tag) => ({
      key: `tag ${tag}`,
      text: `${t('tag')}: ${tag}`,
      remove: () => setTags(tags.filter((one) => one !== tag)),
    })),
    ...(['owner', 'group'] as const).flatMap((key) =>
      filter[key] ? [{ key, text: `${t(key)}: ${filter[key]}`, remove: () => onChange({ [key]: '' }) }] : [],
    ),
  ]
  return (
    <Toolbar className="image-filters">
      <ToolbarContent>
        <ToolbarItem>
          <SearchInput
            aria-label={t('searchImages')}
            placeholder={t('searchImages')}
            value={filter.q ?? ''}
            onChange={(_, q) => onChange({ q })}
            onClear={() => onChange({ q: '' })}
          />
        </ToolbarItem>
        <Pick
          label={t('filterByTag')}
          values={choices(images, (image) => image.tags).filter((tag) => !tags.includes(tag))}
          onPick={(tag) => setTags([...tags, tag])}
        />
        <Pick
          label={t('filterByOwner')}
          values={choices(images, ({ owner }) => [owner])}
          onPick={(owner) => onChange({ owner })}
        />
        <Pick
          label={t('filterByGroup')}
          values={choices(images, ({ group }) => [group])}
          onPick={(group) => onChange({ group })}
        />
      </ToolbarContent>
      {chips.length > 0 && (
        <ToolbarContent>
          <ToolbarItem>
            <LabelGroup categoryName={t('filters')} numLabels={20}>
              {chips.map(({ key, text, remove }) => (
                <Label
                  key={key}
                  isCompact
                  closeBtnAriaLabel={t('removeFilter', { filter: text })}
                  onClose={remove}
                >
                  {text}
                </Label>
              ))}
            </LabelGroup>
          </ToolbarItem>
        </ToolbarContent>
      )}
    </Toolbar>
  )
}

interface PickProps {
  label: string
  values: readonly string[]
  onPick: (value: string) => void
}

function Pick({ label, values, onPick }: PickProps) {
  return (
    <ToolbarItem>
      <FormSelect
        aria-label={label}
        value=""
        isDisabled={values.length === 0}
        onChange={(_, value) => value && onPick(value)}
      >
        <FormSelectOption value="" label={label} />
        {values.map((value) => (
          <FormSelectOption key={value} value={value} label={value} />
        ))}
      </FormSelect>
    </ToolbarItem>
  )
}
