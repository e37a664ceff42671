import { Button } from '@patternfly/react-core'
import KeyboardIcon from '@patternfly/react-icons/dist/esm/icons/keyboard-icon'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { rememberedLayout } from './keyboard-choice.ts'
import { keys, type NamedKey, pressedTogether } from './keys.ts'
import { emptyInput, inputChange } from './soft-input.ts'
import { type KeyEvent, keysymOf, typed } from './typing.ts'

export interface KeyBarProps {
  press: (events: readonly KeyEvent[]) => void
  isDisabled: boolean
}

const held = ['Ctrl', 'Alt'] as const
const arrows = [
  ['Left', '←'],
  ['Up', '↑'],
  ['Down', '↓'],
  ['Right', '→'],
] as const

/** The keys that the keyboard of a phone does not have. Ctrl and Alt stay down until the next key. */
export function KeyBar({ press, isDisabled }: KeyBarProps) {
  const { t } = useTranslation('consoles')
  const [down, setDown] = useState<readonly (typeof held)[number][]>([])
  const pressWith = (events: readonly KeyEvent[]) => {
    const modifiers = down.map((name) => keys[name])
    press(modifiers.map((key) => ({ ...key, isDown: true })))
    press(events)
    press(modifiers.toReversed().map((key) => ({ ...key, isDown: false })))
    setDown([])
  }
  const key = (named: NamedKey, label: string, text: string) => (
    <Button
      key={label}
      size="sm"
      variant="secondary"
      aria-label={label}
      isDisabled={isDisabled}
      onClick={() => pressWith(pressedTogether([named]))}
    >
      {text}
    </Button>
  )
  return (
    <div className="console-key-bar" role="toolbar" aria-label={t('keyBar')}>
      <SoftKeyboard isDisabled={isDisabled} press={pressWith} />
      {key(keys.Esc, 'Esc', 'Esc')}
      {key(keys.Tab, 'Tab', 'Tab')}
      {held.map((name) => (
        <Button
          key={name}
          size="sm"
          variant={down.includes(name) ? 'primary' : 'secondary'}
          aria-pressed={down.includes(name)}
          isDisabled={isDisabled}
          onClick={() => setDown(down.includes(name) ? down.filter((one) => one !== name) : [...down, name])}
        >
          {name}
        </Button>
      ))}
      {arrows.map(([name, text]) => key(keys[name], t(`arrow${name}`), text))}
    </div>
  )
}

/** Calls the phone's own keyboard; what it writes is typed. */
function SoftKeyboard({ press, isDisabled }: { press: (events: KeyEvent[]) => void; isDisabled: boolean }) {
  const { t } = useTranslation('consoles')
  const field = useRef<HTMLTextAreaElement>(null)
  const before = useRef(emptyInput)
  const empty = () => {
    before.current = emptyInput
    if (!field.current) return
    field.current.value = emptyInput
    field.current.setSelectionRange(emptyInput.length, emptyInput.length)
  }
  const changed = () => {
    const after = field.current?.value ?? emptyInput
    const { erased, typed: text } = inputChange(before.current, after)
    before.current = after
    for (let n = 0; n < erased; n++) press(pressedTogether([keys.Backspace]))
    for (const character of text) press(strokeOf(character))
    if (after.length > 2 * emptyInput.length || after.length < emptyInput.length / 2) empty()
  }
  return (
    <>
      <Button
        size="sm"
        variant="secondary"
        aria-label={t('softKeyboard')}
        icon={<KeyboardIcon />}
        isDisabled={isDisabled}
        onClick={() => {
          field.current?.focus()
          empty()
        }}
      />
      <textarea
        ref={field}
        className="console-soft-keys"
        aria-label={t('softKeyboard')}
        autoCapitalize="off"
        autoComplete="off"
        autoCorrect="off"
        spellCheck={false}
        tabIndex={-1}
        defaultValue={emptyInput}
        onInput={changed}
      />
    </>
  )
}

/** What no key of the layout gives is sent as itself; a guest may know it. */
function strokeOf(character: string): KeyEvent[] {
  const [stroke] = typed(character, rememberedLayout()).strokes
  return stroke ?? pressedTogether([{ keysym: keysymOf(character), code: '' }])
}
