import { Button, Card, CardBody, CardHeader, CardTitle, Label, Switch } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { CopyText } from '../../ui/CopyText.tsx'
import { DataTable } from '../../ui/DataTable.tsx'
import { EmptyNote } from '../../ui/EmptyNote.tsx'

const statuses = { ok: 'success', warning: 'warning', error: 'danger', unknown: 'info' } as const

/** What the doctor finds on this host, each with its mend. */
export function DoctorCard() {
  const { t } = useTranslation(['settings', 'common'])
  const { data, error, isFetching, refetch } = useQuery(reading('/doctor'))
  const [isAll, setAll] = useState(false)
  const words = {
    ok: t('stateOk'),
    warning: t('stateWarning'),
    error: t('stateError'),
    unknown: t('stateUnknown'),
  }
  const findings = data?.findings.filter(({ state }) => isAll || state !== 'ok')
  return (
    <Card isCompact>
      <CardHeader
        actions={{
          actions: (
            <>
              <Switch
                id="show-fine"
                label={t('showFine')}
                isChecked={isAll}
                onChange={(_, isOn) => setAll(isOn)}
              />
              <Button variant="secondary" isLoading={isFetching} onClick={() => void refetch()}>
                {t('examine')}
              </Button>
            </>
          ),
        }}
      >
        <CardTitle component="h2">{t('doctor')}</CardTitle>
      </CardHeader>
      <CardBody>
        <p>{t('doctorText')}</p>
        <Refusal error={error} onRetry={() => void refetch()} />
        <DataTable
          label={t('doctor')}
          rows={findings}
          rowKey={({ id }) => id}
          columns={[
            {
              key: 'state',
              title: t('common:state'),
              modifier: 'nowrap',
              render: ({ state }) => <Label status={statuses[state]}>{words[state]}</Label>,
            },
            { key: 'title', title: t('finding'), render: ({ title }) => title },
            { key: 'detail', title: t('found'), modifier: 'breakWord', render: ({ detail }) => detail },
            {
              key: 'mend',
              title: t('mend'),
              modifier: 'breakWord',
              render: ({ mend }) =>
                mend && (
                  <span className="settings-command">
                    <CopyText text={mend} />
                  </span>
                ),
            },
          ]}
          empty={<EmptyNote title={t('allFine', { count: data?.findings.length ?? 0 })} />}
        />
      </CardBody>
    </Card>
  )
}
