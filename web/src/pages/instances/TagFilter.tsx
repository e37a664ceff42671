import { ToolbarFilter } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { Choice } from './Choice.tsx'
import { type InstancesSearch, tagsOf } from './search.ts'

interface TagFilterProps {
  search: InstancesSearch
  onSearch: (changed: Partial<InstancesSearch>) => void
  isNarrow: boolean
}

/** By tags, all of which a guest must have. Where no guest has one there is nothing to choose. */
export function TagFilter({ search, onSearch, isNarrow }: TagFilterProps) {
  const { t } = useTranslation('instances')
  const { data: used = [] } = useQuery(reading('/guest_tags'))
  const chosen = tagsOf(search)
  const unused = chosen.filter((tag) => !used.some((one) => one.tag === tag))
  const options = [...unused.map((tag) => ({ tag, guests: 0 })), ...used]
  const choose = (tag: string) => {
    const changed = chosen.includes(tag) ? chosen.filter((one) => one !== tag) : [...chosen, tag]
    onSearch({ tag: changed.join(',') || undefined })
  }
  return (
    <ToolbarFilter
      categoryName={{ key: 'tag', name: t('column_tags') }}
      labels={chosen.map((tag) => ({ key: tag, node: tag }))}
      deleteLabel={(_, label) => choose(typeof label === 'string' ? label : label.key)}
      deleteLabelGroup={() => onSearch({ tag: undefined })}
      showToolbarItem={!isNarrow && options.length > 0}
    >
      <Choice
        label={t('column_tags')}
        isMany
        chosen={chosen}
        options={options.map(({ tag, guests }) => ({ value: tag, title: tag, count: guests }))}
        onChoose={choose}
      />
    </ToolbarFilter>
  )
}
