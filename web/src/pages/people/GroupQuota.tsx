import { ActionGroup, Button, Card, CardBody, CardTitle, Form } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Answer } from '../../api/client.ts'
import { useChange } from '../../api/query.ts'
import { fieldError, otherError } from '../../components/field-error.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { useMissing } from '../../components/use-missing.ts'
import { bytesText } from '../../ui/format.ts'
import { TextField } from '../../ui/TextField.tsx'
import { UsageBar } from '../../ui/UsageBar.tsx'

const kinds = ['cores', 'memory', 'disk', 'guests'] as const
type Kind = (typeof kinds)[number]
const gibibyte = 2 ** 30
const isSize = (kind: Kind) => kind === 'memory' || kind === 'disk'

/** What the guests of a group have, and may have, together. */
export function GroupQuota({ group }: { group: Answer<'/user_groups/{name}', 'get'> }) {
  const { t, i18n } = useTranslation(['people', 'common'])
  const refusal = useMissing('identity.write')
  const asText = (kind: Kind) => {
    const limit = group.quota[kind]
    return limit === undefined || limit === null ? '' : String(isSize(kind) ? limit / gibibyte : limit)
  }
  const asNumber = (kind: Kind, text: string) =>
    text === '' ? null : Math.round(Number(text) * (isSize(kind) ? gibibyte : 1))
  const [texts, setTexts] = useState(() => Object.fromEntries(kinds.map((kind) => [kind, asText(kind)])))
  const save = useChange('put', '/user_groups/{name}')
  const words = { cores: t('cores'), memory: t('memoryGib'), disk: t('diskGib'), guests: t('guests') }
  const shown = (kind: Kind, value: number) =>
    isSize(kind) ? bytesText(value, i18n.language) : new Intl.NumberFormat(i18n.language).format(value)
  const usage = (kind: Kind) => {
    const used = group.used[kind]
    const limit = group.quota[kind]
    if (limit === undefined || limit === null) return t('noLimit', { used: shown(kind, used) })
    const text = t('usedOf', { used: shown(kind, used), limit: shown(kind, limit) })
    return <UsageBar label={words[kind]} ratio={limit === 0 ? 1 : used / limit} text={text} />
  }
  return (
    <Card isCompact>
      <CardTitle component="h2">{t('quota')}</CardTitle>
      <CardBody>
        <p>{t('quotaText')}</p>
        <Form
          onSubmit={(event) => {
            event.preventDefault()
            const quota = Object.fromEntries(kinds.map((kind) => [kind, asNumber(kind, texts[kind] ?? '')]))
            save.mutate({ params: { path: { name: group.name } }, body: { quota } })
          }}
        >
          {kinds.map((kind) => (
            <TextField
              key={kind}
              id={`quota-${kind}`}
              label={words[kind]}
              type="number"
              value={texts[kind] ?? ''}
              isDisabled={refusal !== undefined}
              hint={usage(kind)}
              error={fieldError(save.error, `quota.${kind}`)}
              onChange={(text) => setTexts({ ...texts, [kind]: text })}
            />
          ))}
          <Refusal
            error={otherError(
              save.error,
              kinds.map((kind) => `quota.${kind}`),
            )}
          />
          <ActionGroup>
            <Button
              type="submit"
              variant="secondary"
              isDisabled={refusal !== undefined || kinds.every((kind) => texts[kind] === asText(kind))}
              isLoading={save.isPending}
            >
              {t('common:save')}
            </Button>
          </ActionGroup>
        </Form>
      </CardBody>
    </Card>
  )
}
