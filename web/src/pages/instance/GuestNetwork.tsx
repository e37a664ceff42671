import { Grid, GridItem } from '@patternfly/react-core'
import { ForwardedPorts } from './ForwardedPorts.tsx'
import { GuestAddresses } from './GuestAddresses.tsx'
import { NetworkRates } from './NetworkRates.tsx'
import { useGuest } from './use-guest.ts'

/** How a guest is connected: its addresses, its card, its forwarded ports, and what goes over it now. */
export function GuestNetwork() {
  const guest = useGuest()
  return (
    <Grid hasGutter>
      <GridItem xl={7}>
        <GuestAddresses guest={guest} />
      </GridItem>
      <GridItem xl={5}>
        <NetworkRates id={guest.id} isRunning={guest.running} />
      </GridItem>
      <GridItem>
        <ForwardedPorts guest={guest} />
      </GridItem>
    </Grid>
  )
}
