import { Label } from '@patternfly/react-core'
import ExclamationCircleIcon from '@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon'
import ExclamationTriangleIcon from '@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon'
import { useTranslation } from 'react-i18next'
import { AppLink } from '../../components/AppLink.tsx'
import { type Need, needPath } from '../../components/need-path.ts'
import { AgoText } from '../../ui/AgoText.tsx'

/** One thing that needs a person: what is wrong, since when, what puts it right, and where. */
export function Needed({ need }: { need: Need }) {
  const { t } = useTranslation('dashboard')
  const { severity, kind, sentence, mend, since } = need
  const path = needPath(need)
  const isError = severity === 'error'
  return (
    <li>
      <div className="dashboard-need-head">
        <Label
          isCompact
          variant="outline"
          color={isError ? 'red' : 'orange'}
          icon={isError ? <ExclamationCircleIcon /> : <ExclamationTriangleIcon />}
        >
          {t(severity)}
        </Label>
        {since && <AgoText time={since} />}
        {path && <AppLink to={path}>{t(`to_${kind}`)}</AppLink>}
      </div>
      <p>{sentence}</p>
      <p className="dashboard-subtle">{mend}</p>
    </li>
  )
}
