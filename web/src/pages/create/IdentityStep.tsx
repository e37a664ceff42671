import { FormGroup } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { holds, useSession } from '../../api/session.ts'
import { useCreating } from './create-context.ts'
import type { Draft } from './draft.ts'
import { NumberField, SelectField, TextField } from './fields.tsx'
import { PoolField } from './PoolField.tsx'
import { hostNameOf, namePreview } from './request.ts'
import { StepForm } from './StepForm.tsx'

/** What it is called, whose it is and where it lives. */
export function IdentityStep() {
  const { kind } = useCreating()
  return (
    <StepForm step="identity">
      {kind === 'guest' ? <NameField /> : <BatchNames />}
      <OwnerFields />
      <PoolField />
      <TagsField />
    </StepForm>
  )
}

function NameField() {
  const { t } = useTranslation(['create', 'common'])
  const { draft, change } = useCreating()
  const host = hostNameOf(draft.name)
  return (
    <TextField
      field="name"
      label={t('common:name')}
      isRequired
      value={draft.name}
      onChange={(name) => change({ name })}
      hint={
        <>
          {t('nameHint')} {draft.hasCloudInit && host !== '' && t('hostName', { host })}
        </>
      }
    />
  )
}

const mostTags = 20

function TagsField() {
  const { t } = useTranslation('create')
  const { draft, change } = useCreating()
  return (
    <TextField
      field="tags"
      label={t('tags')}
      value={draft.tags}
      onChange={(tags) => change({ tags })}
      hint={t('tagsHint', { most: mostTags })}
    />
  )
}

const mostItems = 500

function BatchNames() {
  const { t } = useTranslation(['create', 'common'])
  const { draft, change } = useCreating()
  return (
    <>
      <NumberField
        field="count"
        label={t('count')}
        min={1}
        max={mostItems}
        value={draft.count}
        onChange={(count) => change({ count })}
        hint={t('countHint', { most: mostItems })}
      />
      <SelectField
        field="name_rule"
        label={t('nameRule')}
        value={draft.nameRule}
        onChange={(nameRule) => change({ nameRule: nameRule as Draft['nameRule'] })}
        options={(['order', 'MAC', 'address'] as const).map((rule) => ({
          value: rule,
          label: t(`nameRule_${rule}`),
        }))}
      />
      <TextField
        field="name_prefix"
        label={t('namePrefix')}
        isRequired={draft.nameRule === 'order'}
        value={draft.namePrefix}
        onChange={(namePrefix) => change({ namePrefix })}
        hint={t('namePrefixHint')}
      />
      <FormGroup role="group" label={t('namePreview')} fieldId="create-names">
        <ul className="create-names" id="create-names" aria-live="polite">
          {namePreview(draft).map((name) => (
            <li key={name}>{name}</li>
          ))}
        </ul>
      </FormGroup>
    </>
  )
}

/** Who may make guests for others chooses among all, where he may see them; everybody else among his own groups. */
function OwnerFields() {
  const { t } = useTranslation(['create', 'common'])
  const { draft, change } = useCreating()
  const session = useSession()
  const makesForOthers = session.resource.some((held) => held === '*' || held === 'guest.write')
  const seesPeople = makesForOthers && holds(session, 'identity.read')
  const users = useQuery({ ...reading('/users'), enabled: seesPeople })
  const groups = useQuery({ ...reading('/user_groups'), enabled: seesPeople })
  const asOptions = (names: readonly string[]) => names.map((name) => ({ value: name, label: name }))
  return (
    <>
      <SelectField
        field="group"
        label={t('group')}
        isRequired
        value={draft.group}
        onChange={(group) => change({ group })}
        options={asOptions(groups.data?.map(({ name }) => name) ?? session.groups)}
      />
      <SelectField
        field="owner"
        label={t('owner')}
        isRequired
        value={draft.owner}
        onChange={(owner) => change({ owner })}
        options={asOptions(users.data ?? [session.user])}
      />
    </>
  )
}
