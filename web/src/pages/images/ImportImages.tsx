import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Answer } from '../../api/client.ts'
import { useChange } from '../../api/query.ts'
import { otherError } from '../../components/field-error.ts'
import { OwnerFields, useOwnOwnership } from '../../components/OwnerFields.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import type { ImageKind } from '../../components/uploads/upload-store.ts'
import { DataTable } from '../../ui/DataTable.tsx'
import { FormDialog } from '../../ui/FormDialog.tsx'
import { Note } from '../../ui/Note.tsx'
import { listPaths } from './images-api.ts'

type Imported = Answer<'/disk_images', 'patch'>[number]

/** Makes images of the files in the import folder of the appliance, and says what became of each. */
export function ImportImages({ kind, onClose }: { kind: ImageKind; onClose: () => void }) {
  const { t } = useTranslation('images')
  const [whose, setWhose] = useState(useOwnOwnership())
  const importing = useChange('patch', listPaths[kind])
  return (
    <FormDialog
      title={t('importTitle')}
      verb={t(importing.data ? 'importAgain' : 'importVerb')}
      description={t(kind === 'disk' ? 'importDiskText' : 'importMediaText')}
      isPending={importing.isPending}
      error={<Refusal error={otherError(importing.error, ['owner', 'group'])} />}
      onSubmit={() => importing.mutate({ body: whose })}
      onClose={onClose}
    >
      <OwnerFields {...whose} error={importing.error} onChange={setWhose} />
      {importing.data && <Results files={importing.data} />}
    </FormDialog>
  )
}

function Results({ files }: { files: readonly Imported[] }) {
  const { t } = useTranslation(['images', 'common'])
  const words = {
    imported: 'importImported',
    present: 'importPresent',
    refused: 'importRefused',
    failed: 'importFailed',
    waiting: 'importWaiting',
  } as const
  return (
    <DataTable
      label={t('importResult')}
      rows={files}
      rowKey={({ file }) => file}
      columns={[
        { key: 'file', title: t('file'), render: ({ file }) => file },
        {
          key: 'status',
          title: t('result'),
          render: ({ status, error }) => `${t(words[status])}${error ? `: ${error}` : ''}`,
        },
      ]}
      empty={<Note kind="info" title={t('importEmpty')} />}
    />
  )
}
