import { Card, CardBody, CardTitle } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { reading, useChange } from '../../api/query.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { useMissing } from '../../components/use-missing.ts'
import { DataTable } from '../../ui/DataTable.tsx'
import { EmptyNote } from '../../ui/EmptyNote.tsx'
import { RowMenu } from '../../ui/RowMenu.tsx'
import { ChangeSetting } from './ChangeSetting.tsx'
import { useSettingWords } from './setting-words.ts'

/** Every setting with its value and its default. */
export function SettingTable() {
  const { t } = useTranslation(['settings', 'common'])
  const { aboutOf, textOf } = useSettingWords()
  const { dialog, of, open, close } = useDialog()
  const { data, error, refetch } = useQuery(reading('/settings'))
  const reset = useChange('delete', '/settings/{name}')
  const refusal = useMissing('setting.write')
  const chosen = data?.find(({ name }) => name === of)
  return (
    <Card isCompact>
      <CardTitle component="h2">{t('settings')}</CardTitle>
      <CardBody>
        <Refusal error={error} onRetry={() => void refetch()} />
        <Refusal error={reset.error} />
        <DataTable
          label={t('settings')}
          rows={data}
          rowKey={({ name }) => name}
          columns={[
            {
              key: 'name',
              title: t('name'),
              render: (setting) => (
                <>
                  <div>{setting.name}</div>
                  <small>{aboutOf(setting)}</small>
                </>
              ),
            },
            {
              key: 'value',
              title: t('value'),
              modifier: 'nowrap',
              render: ({ value, unit }) => textOf(value, unit),
            },
            {
              key: 'default',
              title: t('standard'),
              modifier: 'nowrap',
              render: (setting) => textOf(setting.default, setting.unit),
            },
          ]}
          rowActions={({ name }) => (
            <RowMenu
              name={name}
              verbs={[
                { key: 'change', title: t('change'), onChoose: () => open('change', name), refusal },
                {
                  key: 'reset',
                  title: t('reset'),
                  onChoose: () => reset.mutate({ params: { path: { name } } }),
                  refusal,
                },
              ]}
            />
          )}
          empty={<EmptyNote title={t('common:nothingFound')} />}
        />
      </CardBody>
      {dialog === 'change' && chosen && <ChangeSetting setting={chosen} onClose={close} />}
    </Card>
  )
}
