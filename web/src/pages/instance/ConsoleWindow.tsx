import { Title } from '@patternfly/react-core'
import { useParams, useSearch } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { ConsoleGuest } from '../../components/console/ConsoleGuest.tsx'
import { GuestScreen } from '../../components/console/GuestScreen.tsx'
import { GuestSerial } from '../../components/console/GuestSerial.tsx'
import { shortName, type VerbGuest } from '../../components/guest-verbs.ts'
import { Notices } from '../../components/Notices.tsx'

/** A console without anything around it: the screen, or by `?kind=serial` the serial console. */
export function ConsoleWindow() {
  const { id } = useParams({ from: '/console/$id' })
  const { kind } = useSearch({ from: '/console/$id' })
  return (
    <main className="console-own-window">
      <ConsoleGuest id={id}>
        {(guest) => (
          <>
            <Head guest={guest} />
            {kind === 'serial' ? (
              <GuestSerial guest={guest} isWindow />
            ) : (
              <GuestScreen guest={guest} isWindow />
            )}
          </>
        )}
      </ConsoleGuest>
      <Notices />
    </main>
  )
}

function Head({ guest }: { guest: VerbGuest }) {
  const { t } = useTranslation('consoles')
  const title = t('windowTitle', { name: shortName(guest) })
  useEffect(() => {
    document.title = `${title} · Nacelle`
  }, [title])
  return (
    <div className="console-own-window-head">
      <Title headingLevel="h1" size="md">
        {title}
      </Title>
    </div>
  )
}
