import {
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from '@patternfly/react-core'
import type { ReactNode } from 'react'

/** Terms with what they are; those without anything are left out. */
export function Facts({ facts }: { facts: readonly (readonly [term: string, value: ReactNode])[] }) {
  return (
    <DescriptionList
      isCompact
      orientation={{ md: 'horizontal' }}
      horizontalTermWidthModifier={{ md: '14ch' }}
    >
      {facts.map(
        ([term, value]) =>
          value !== '' &&
          value !== undefined && (
            <DescriptionListGroup key={term}>
              <DescriptionListTerm>{term}</DescriptionListTerm>
              <DescriptionListDescription>{value}</DescriptionListDescription>
            </DescriptionListGroup>
          ),
      )}
    </DescriptionList>
  )
}
