import {
  Card,
  CardBody,
  CardTitle,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from '@patternfly/react-core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { CopyText } from '../../ui/CopyText.tsx'
import type { GuestDetail } from './use-guest.ts'
import { useNetworkMode } from './use-network-mode.ts'

const modes = { share: 'mode_share', mono: 'mode_mono', plain: 'mode_plain' } as const

export function GuestAddresses({ guest }: { guest: GuestDetail }) {
  const { t } = useTranslation(['network', 'common'])
  const { internal, external, ethernet_address: mac, pool } = guest
  const found = useNetworkMode(pool)
  const given = internal.allocated_address
  const seen = internal.network_address
  const isOther = seen !== undefined && seen !== given?.split('/')[0]
  const mode = found?.mode as keyof typeof modes | undefined
  const facts: [string, ReactNode][] = [
    [
      t('internalAddress'),
      given ? <CopyText key="in" text={given.split('/')[0] ?? given} /> : (seen ?? t('noAddress')),
    ],
    ...(isOther && given
      ? ([[t('seenAddress'), <CopyText key="seen" text={seen} />]] satisfies [string, ReactNode][])
      : []),
    [
      t('externalAddress'),
      external.network_address ? (
        <CopyText key="out" text={external.network_address} />
      ) : (
        t('noExternalAddress')
      ),
    ],
    [t('mac'), <CopyText key="mac" text={mac} />],
    [t('mode'), mode && mode in modes ? t(modes[mode]) : t('common:unknown')],
    [
      t('computePool'),
      <Link key="pool" to="/compute/pools/$pool" params={{ pool }}>
        {pool}
      </Link>,
    ],
    ...(found?.network
      ? ([
          [
            t('addressPool'),
            <Link key="network" to="/network/pools/$pool" params={{ pool: found.network }}>
              {found.network}
            </Link>,
          ],
        ] satisfies [string, ReactNode][])
      : []),
  ]
  return (
    <Card isCompact isFullHeight>
      <CardTitle component="h2">{t('addresses')}</CardTitle>
      <CardBody>
        <DescriptionList isHorizontal isCompact>
          {facts.map(([term, value]) => (
            <DescriptionListGroup key={term}>
              <DescriptionListTerm>{term}</DescriptionListTerm>
              <DescriptionListDescription>{value}</DescriptionListDescription>
            </DescriptionListGroup>
          ))}
        </DescriptionList>
      </CardBody>
    </Card>
  )
}
