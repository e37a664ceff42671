import { useTranslation } from 'react-i18next'
import { CopyText } from '../../../ui/CopyText.tsx'
import type { GuestDetail } from '../use-guest.ts'
import { Facts } from './Facts.tsx'

const withoutPrefix = (address: string) => address.replace(/\/\d+$/, '')

/** Where the guest is reached, each to copy. */
export function Addresses({ guest }: { guest: GuestDetail }) {
  const { t } = useTranslation('instance')
  const { internal, external, ports, ethernet_address } = guest
  const copy = (text: string | undefined) => (text ? <CopyText text={text} /> : undefined)
  const allocated = internal.allocated_address && withoutPrefix(internal.allocated_address)
  const own = internal.network_address ?? allocated
  const facts = [
    { term: t('address'), value: copy(own) ?? t('noAddressYet') },
    { term: t('allocated'), value: allocated === own ? undefined : copy(allocated) },
    { term: t('outside'), value: copy(external.network_address) },
    {
      term: t('ports'),
      value: ports.map((port) => t('port', port)).join(', '),
    },
    { term: t('mac'), value: copy(ethernet_address) },
    { term: t('screen'), value: copy(internal.display_address) },
  ]
  return <Facts label={t('addresses')} facts={facts} />
}
