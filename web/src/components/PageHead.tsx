import {
  Breadcrumb,
  BreadcrumbItem,
  Flex,
  FlexItem,
  PageBreadcrumb,
  PageSection,
  Title,
} from '@patternfly/react-core'
import { type ReactNode, useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { AppLink } from './AppLink.tsx'

export interface Crumb {
  title: string
  to: string
}

export interface PageHeadProps {
  title: string
  /** The pages above, outermost first. */
  crumbs?: readonly Crumb[]
  /** Beside the title, e.g. the state. */
  state?: ReactNode
  /** At the right: the primary action last. */
  actions?: ReactNode
}

/** Head of a page: where it is, what it is called, its state, and what can be done. */
export function PageHead({ title, crumbs = [], state, actions }: PageHeadProps) {
  const { t } = useTranslation('frame')
  useEffect(() => {
    document.title = `${title} · Nacelle`
  }, [title])
  return (
    <>
      {crumbs.length > 0 && (
        <PageBreadcrumb>
          <Breadcrumb aria-label={t('breadcrumb')}>
            {crumbs.map((crumb) => (
              <BreadcrumbItem
                key={crumb.to}
                render={({ className }) => (
                  <AppLink to={crumb.to} className={className}>
                    {crumb.title}
                  </AppLink>
                )}
              />
            ))}
            <BreadcrumbItem isActive>{title}</BreadcrumbItem>
          </Breadcrumb>
        </PageBreadcrumb>
      )}
      <PageSection type="default" className="page-head">
        <Flex
          justifyContent={{ default: 'justifyContentSpaceBetween' }}
          alignItems={{ default: 'alignItemsCenter' }}
        >
          <Flex alignItems={{ default: 'alignItemsCenter' }} spaceItems={{ default: 'spaceItemsMd' }}>
            <FlexItem>
              <Title headingLevel="h1">{title}</Title>
            </FlexItem>
            {state && <FlexItem>{state}</FlexItem>}
          </Flex>
          {actions && <Flex spaceItems={{ default: 'spaceItemsSm' }}>{actions}</Flex>}
        </Flex>
      </PageSection>
    </>
  )
}
