import { PageSection, SearchInput, Toolbar, ToolbarContent, ToolbarItem } from '@patternfly/react-core'
import PlusIcon from '@patternfly/react-icons/dist/esm/icons/plus-icon'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { Needs } from '../../components/Needs.tsx'
import { PageHead } from '../../components/PageHead.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { useListSearch } from '../../components/use-list-search.ts'
import { useMissing } from '../../components/use-missing.ts'
import { ActionButton } from '../../ui/ActionButton.tsx'
import { DeleteGroup } from './DeleteGroup.tsx'
import { GroupForm } from './GroupForm.tsx'
import { GroupTable } from './GroupTable.tsx'
import type { PolicyGroupView } from './groups-api.ts'

export function PolicyGroups() {
  return (
    <Needs permission="policy.read">
      <GroupList />
    </Needs>
  )
}

const fits = (group: PolicyGroupView, words: string[]) => {
  const text = [group.name, group.description, group.user, group.group].join('\n').toLowerCase()
  return words.every((word) => text.includes(word))
}

function GroupList() {
  const { t } = useTranslation('policies')
  const { dialog, of, open, close } = useDialog()
  const { search, change } = useListSearch<'q'>()
  const { data, error, refetch } = useQuery(reading('/security_policy_groups'))
  const refusal = useMissing('policy.write')
  const words = (search.q ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  const chosen = data?.find(({ id }) => id === of)
  const create = (
    <ActionButton icon={<PlusIcon />} refusal={refusal} onClick={() => open('create')}>
      {t('createGroup')}
    </ActionButton>
  )
  return (
    <>
      <PageHead title={t('policyGroups')} actions={create} />
      <PageSection isFilled>
        <Refusal error={error} onRetry={() => void refetch()} />
        <Toolbar>
          <ToolbarContent>
            <ToolbarItem>
              <SearchInput
                aria-label={t('searchGroups')}
                placeholder={t('searchGroups')}
                value={search.q ?? ''}
                onChange={(_, q) => change({ q })}
                onClear={() => change({ q: '' })}
              />
            </ToolbarItem>
          </ToolbarContent>
        </Toolbar>
        <GroupTable
          groups={data?.filter((group) => fits(group, words))}
          isNone={data?.length === 0}
          create={create}
          refusal={refusal}
          onChoose={open}
          onClear={() => change({ q: '' })}
        />
      </PageSection>
      {dialog === 'create' && <GroupForm onClose={close} />}
      {dialog === 'edit' && chosen && <GroupForm group={chosen} onClose={close} />}
      {dialog === 'delete' && chosen && <DeleteGroup group={chosen} onClose={close} onDeleted={close} />}
    </>
  )
}
