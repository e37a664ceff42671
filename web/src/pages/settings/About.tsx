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
import { Refusal } from '../../components/Refusal.tsx'
import { CopyText } from '../../ui/CopyText.tsx'

/** What runs here. */
export function About() {
  const { t } = useTranslation('settings')
  const { data: about, error } = useQuery(reading('/about'))
  const { data: system } = useQuery(reading('/system'))
  const accelerators = { kvm: t('kvm'), tcg: t('tcg') }
  const rows = [
    [t('version'), about && <CopyText text={about.version} />],
    [t('build'), about?.commit && <CopyText text={about.commit} />],
    [t('runtime'), about?.node],
    [t('guestsRunOn'), system?.accelerator && accelerators[system.accelerator]],
  ] as const
  return (
    <Card isCompact>
      <CardTitle component="h2">{t('about')}</CardTitle>
      <CardBody>
        <Refusal error={error} />
        <DescriptionList isCompact isHorizontal>
          {rows.map(
            ([term, text]) =>
              text && (
                <DescriptionListGroup key={term}>
                  <DescriptionListTerm>{term}</DescriptionListTerm>
                  <DescriptionListDescription>{text}</DescriptionListDescription>
                </DescriptionListGroup>
              ),
          )}
        </DescriptionList>
        {system?.accelerator === 'tcg' && <small>{system.accelerator_reason}</small>}
      </CardBody>
    </Card>
  )
}
