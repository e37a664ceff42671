import { Card, CardBody, CardTitle, Title } from '@patternfly/react-core'
import type { ReactNode } from 'react'

/** A card with its heading. */
export const Panel = ({ title, children }: { title: string; children: ReactNode }) => (
  <Card isCompact>
    <CardTitle>
      <Title headingLevel="h2" size="md">
        {title}
      </Title>
    </CardTitle>
    <CardBody>{children}</CardBody>
  </Card>
)
