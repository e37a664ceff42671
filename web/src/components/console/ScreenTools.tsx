import { Button, Progress, Switch, ToggleGroup, ToggleGroupItem } from '@patternfly/react-core'
import CameraIcon from '@patternfly/react-icons/dist/esm/icons/camera-icon'
import { useTranslation } from 'react-i18next'
import { shortName, type VerbGuest } from '../guest-verbs.ts'
import { CommonTools } from './CommonTools.tsx'
import { KeyMenu } from './KeyMenu.tsx'
import { type Combination, ctrlAltDel, pressedTogether } from './keys.ts'
import { LineLabel } from './LineLabel.tsx'
import type { LineState } from './line.ts'
import { saveFile, stampedName } from './save-file.ts'
import type { Screen } from './screen.ts'
import { ToolButton } from './ToolButton.tsx'
import type { ConsoleView } from './use-console-view.ts'
import type { Typing } from './use-typing.ts'

export interface ScreenToolsProps {
  guest: VerbGuest
  isWindow: boolean
  state: LineState
  screen: Screen | undefined
  typing: Typing
  view: ConsoleView
  onView: (part: Partial<ConsoleView>) => void
  onReconnect: () => void
  onType: () => void
}

/** The tools of a screen: keys, size, and what can be done with the connection. */
export function ScreenTools(props: ScreenToolsProps) {
  const { guest, isWindow, state, screen, typing, view, onView, onReconnect, onType } = props
  const { t } = useTranslation('consoles')
  const isDeaf = !screen || view.isViewOnly
  const press = (combination: Combination) => {
    screen?.press(pressedTogether(combination.keys))
    screen?.focus()
  }
  return (
    <>
      <LineLabel state={state} />
      <Button
        className="console-tools-wide"
        variant="secondary"
        size="sm"
        isDisabled={isDeaf}
        onClick={() => press(ctrlAltDel)}
      >
        {ctrlAltDel.name}
      </Button>
      <KeyMenu isDisabled={isDeaf} onPress={press} />
      <Button variant="secondary" size="sm" isDisabled={isDeaf} onClick={onType}>
        {t('typeText')}
      </Button>
      {typing.progress && <TypingProgress typing={typing} progress={typing.progress} />}
      <span className="console-tools-space" />
      <ToggleGroup isCompact aria-label={t('size')}>
        <ToggleGroupItem
          text={t('fit')}
          isSelected={view.isFitted}
          onChange={() => onView({ isFitted: true })}
        />
        <ToggleGroupItem
          text={t('real')}
          isSelected={!view.isFitted}
          onChange={() => onView({ isFitted: false })}
        />
      </ToggleGroup>
      <Switch
        id="console-view-only"
        label={t('viewOnly')}
        isChecked={view.isViewOnly}
        onChange={(_, isViewOnly) => onView({ isViewOnly })}
      />
      <ToolButton
        label={t('screenshot')}
        icon={CameraIcon}
        refusal={screen ? undefined : t('notConnected')}
        onClick={async () => {
          if (screen) saveFile(stampedName(shortName(guest), 'png'), await screen.picture())
        }}
      />
      <CommonTools {...{ guest, isWindow, view, onView, onReconnect }} kind="screen" />
    </>
  )
}

function TypingProgress({ typing, progress }: { typing: Typing; progress: { done: number; total: number } }) {
  const { t } = useTranslation('consoles')
  return (
    <>
      <Progress
        className="console-typing"
        measureLocation="none"
        size="sm"
        aria-label={t('typing')}
        min={0}
        max={progress.total}
        value={progress.done}
      />
      <Button variant="link" size="sm" onClick={typing.stop}>
        {t('stopTyping')}
      </Button>
    </>
  )
}
