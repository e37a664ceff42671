import { useParams } from '@tanstack/react-router'
import { ConsoleGuest } from '../../components/console/ConsoleGuest.tsx'
import { GuestScreen } from '../../components/console/GuestScreen.tsx'

/** The screen of a guest. */
export function ConsoleTab() {
  const { id } = useParams({ from: '/framed/instances/$id/console' })
  return <ConsoleGuest id={id}>{(guest) => <GuestScreen guest={guest} />}</ConsoleGuest>
}
