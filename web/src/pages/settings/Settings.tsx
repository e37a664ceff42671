import { Gallery, PageSection } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { useMay } from '../../api/session.ts'
import { PageHead } from '../../components/PageHead.tsx'
import { About } from './About.tsx'
import { CertificateCard } from './CertificateCard.tsx'
import { DoctorCard } from './DoctorCard.tsx'
import { ReconcilerCard } from './ReconcilerCard.tsx'
import { SettingTable } from './SettingTable.tsx'
import { SupportCard } from './SupportCard.tsx'
import './settings.css'

/** Settings of the zone, and what this appliance says of itself and of its host. */
export function Settings() {
  const { t } = useTranslation('settings')
  const [maySettings, maySystem] = [useMay('setting.read'), useMay('system.read')]
  return (
    <>
      <PageHead title={t('title')} />
      <PageSection isFilled className="settings">
        <Gallery hasGutter minWidths={{ default: '100%', md: '20rem' }}>
          <About />
          <CertificateCard />
          <SupportCard isAllowed={maySystem} />
        </Gallery>
        {maySettings && <SettingTable />}
        {maySystem && <DoctorCard />}
        {maySystem && <ReconcilerCard />}
      </PageSection>
    </>
  )
}
