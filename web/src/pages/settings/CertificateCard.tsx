import {
  Card,
  CardBody,
  CardTitle,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { CopyText } from '../../ui/CopyText.tsx'
import { timeText } from '../../ui/format.ts'
import { Note } from '../../ui/Note.tsx'

/** The certificate that browsers are shown: its fingerprint is what a person compares at the first visit. */
export function CertificateCard() {
  const { t, i18n } = useTranslation('settings')
  const { data } = useQuery(reading('/about'))
  const certificate = data?.certificate
  const rows = certificate && [
    [t('issuer'), certificate.issuer],
    [t('validUntil'), timeText(certificate.not_after, i18n.language)],
    [t('fingerprint'), <CopyText key="fingerprint" text={certificate.fingerprint} />],
  ]
  return (
    <Card isCompact>
      <CardTitle component="h2">{t('certificate')}</CardTitle>
      <CardBody>
        {data && !certificate && <Note kind="warning" title={t('plainHttp')} />}
        {rows && (
          <DescriptionList isCompact>
            {rows.map(([term, text]) => (
              <DescriptionListGroup key={String(term)}>
                <DescriptionListTerm>{term}</DescriptionListTerm>
                <DescriptionListDescription>{text}</DescriptionListDescription>
              </DescriptionListGroup>
            ))}
          </DescriptionList>
        )}
      </CardBody>
    </Card>
  )
}
