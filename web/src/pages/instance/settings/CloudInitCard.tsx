import { useTranslation } from 'react-i18next'
import { Facts } from '../overview/Facts.tsx'
import type { GuestDetail } from '../use-guest.ts'
import { SettingsCard } from './SettingsCard.tsx'

/** What cloud-init was told when the guest was made. */
export function CloudInitCard({ told }: { told: NonNullable<GuestDetail['cloud_init']> }) {
  const { t } = useTranslation(['instance', 'common'])
  const { admin_name, root_enabled, data_path, ssh_keys } = told
  return (
    <SettingsCard title={t('cloudInit')} text={t('cloudInitText')}>
      <Facts
        label={t('cloudInit')}
        facts={[
          { term: t('firstUser'), value: admin_name },
          { term: t('rootLogin'), value: root_enabled ? t('allowed') : t('forbidden') },
          { term: t('dataPath'), value: data_path },
          {
            term: t('sshKeys'),
            value:
              ssh_keys.length === 0 ? (
                t('common:none')
              ) : (
                <ul className="plain-list">
                  {ssh_keys.map((key) => (
                    <li key={key} className="ssh-key">
                      {key}
                    </li>
                  ))}
                </ul>
              ),
          },
        ]}
      />
    </SettingsCard>
  )
}
