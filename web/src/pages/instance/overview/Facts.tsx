import {
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from '@patternfly/react-core'
import type { ReactNode } from 'react'

export interface Fact {
  term: string
  /** Nothing: it is left out. */
  value: ReactNode
}

/** Terms with what they are, one a line. */
export function Facts({ facts, label }: { facts: readonly Fact[]; label: string }) {
  return (
    <DescriptionList
      isHorizontal
      isCompact
      isAutoColumnWidths={false}
      aria-label={label}
      className="facts"
      horizontalTermWidthModifier={{ default: '9ch' }}
    >
      {facts
        .filter(({ value }) => value !== undefined && value !== '')
        .map(({ term, value }) => (
          <DescriptionListGroup key={term}>
            <DescriptionListTerm>{term}</DescriptionListTerm>
            <DescriptionListDescription>{value}</DescriptionListDescription>
          </DescriptionListGroup>
        ))}
    </DescriptionList>
  )
}
