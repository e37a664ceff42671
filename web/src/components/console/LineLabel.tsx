import { Label } from '@patternfly/react-core'
import CheckCircleIcon from '@patternfly/react-icons/dist/esm/icons/check-circle-icon'
import ExclamationTriangleIcon from '@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon'
import InProgressIcon from '@patternfly/react-icons/dist/esm/icons/in-progress-icon'
import OffIcon from '@patternfly/react-icons/dist/esm/icons/off-icon'
import { useTranslation } from 'react-i18next'
import type { LineState } from './line.ts'

const looks = {
  off: { icon: OffIcon, color: 'grey' },
  connecting: { icon: InProgressIcon, color: 'blue' },
  open: { icon: CheckCircleIcon, color: 'green' },
  broken: { icon: ExclamationTriangleIcon, color: 'orange' },
  taken: { icon: ExclamationTriangleIcon, color: 'orange' },
  refused: { icon: ExclamationTriangleIcon, color: 'red' },
} as const satisfies Record<LineState['kind'], object>

/** Whether the console is connected, as a word with icon and colour. */
export function LineLabel({ state }: { state: LineState }) {
  const { t } = useTranslation('consoles')
  const { icon: Icon, color } = looks[state.kind]
  return (
    <span role="status">
      <Label isCompact variant="outline" color={color} icon={<Icon />}>
        {t(state.kind)}
      </Label>
    </span>
  )
}
