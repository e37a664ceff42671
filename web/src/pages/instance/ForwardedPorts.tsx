import { Card, CardBody, CardTitle } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { CopyText } from '../../ui/CopyText.tsx'
import { DataTable } from '../../ui/DataTable.tsx'
import { EmptyNote } from '../../ui/EmptyNote.tsx'
import type { GuestDetail } from './use-guest.ts'
import { useNetworkMode } from './use-network-mode.ts'

/** By which ports of the host a guest is reached. */
export function ForwardedPorts({ guest }: { guest: GuestDetail }) {
  const { t } = useTranslation('network')
  const mode = useNetworkMode(guest.pool)?.mode
  const needsNone = mode === 'plain' || mode === 'mono'
  return (
    <Card isCompact>
      <CardTitle component="h2">{t('ports')}</CardTitle>
      <CardBody>
        <DataTable
          label={t('ports')}
          rows={guest.ports}
          rowKey={({ host }) => String(host)}
          columns={[
            { key: 'guest', title: t('guestPort'), render: (port) => port.guest },
            {
              key: 'host',
              title: t('hostPort'),
              render: (port) => (
                <CopyText text={`${guest.external.network_address ?? guest.host}:${port.host}`} />
              ),
            },
          ]}
          empty={<EmptyNote title={t('noPorts')}>{t(needsNone ? 'noPortsPlain' : 'noPortsShare')}</EmptyNote>}
        />
        {guest.ports.length > 0 && <small>{t('portsHint')}</small>}
      </CardBody>
    </Card>
  )
}
