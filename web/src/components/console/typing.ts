// Turns a text into the presses of keys that make it in a guest.
import { type Key, keysOf, type LayoutName } from './layouts.ts'

/** One event of a key: its keysym for a server that knows no positions, its position for one that does. */
export interface KeyEvent {
  keysym: number
  code: string
  isDown: boolean
}

export interface Typed {
  /** One group for each character that is pressed, so that they can be sent at a pace. */
  strokes: KeyEvent[][]
  /** Characters that this keyboard does not have, each once. */
  missing: string[]
}

const shift = { keysym: 0xffe1, code: 'ShiftLeft' }
const altGr = { keysym: 0xfe03, code: 'AltRight' }
const enter = { keysym: 0xff0d, code: 'Enter' }
const tab = { keysym: 0xff09, code: 'Tab' }
const space = { keysym: 0x20, code: 'Space' }

/** What a dead key alone becomes with a space behind it, where all systems agree. */
const alone: Readonly<Record<string, string>> = { '^': '\u0302', '`': '\u0300', '~': '\u0303' }

const deadKeysyms: Readonly<Record<string, number>> = {
  '\u0300': 0xfe50,
  '\u0301': 0xfe51,
  '\u0302': 0xfe52,
  '\u0303': 0xfe53,
  '\u0308': 0xfe57,
}

/** What has to be pressed on a keyboard of that layout for the text to appear. */
export function typed(text: string, layout: LayoutName): Typed {
  const keys = keysOf(layout)
  const strokes: KeyEvent[][] = []
  const missing = new Set<string>()
  for (const character of text.normalize('NFC').replace(/\r\n?/g, '\n')) {
    const stroke = strokeOf(character, keys)
    if (stroke === undefined) missing.add(character)
    else strokes.push(stroke)
  }
  return { strokes, missing: [...missing] }
}

function strokeOf(character: string, keys: ReadonlyMap<string, Key>): KeyEvent[] | undefined {
  if (character === '\n') return pressed(enter)
  if (character === '\t') return pressed(tab)
  const key = keys.get(character)
  if (key !== undefined) return pressedWith(key, keysymOf(character))
  const dead = alone[character]
  const deadKey = dead === undefined ? undefined : keys.get(dead)
  if (dead !== undefined && deadKey !== undefined)
    return [...pressedWith(deadKey, deadKeysyms[dead] ?? 0), ...pressed(space)]
  return composed(character, keys)
}

/** E.g. `ê` by a dead circumflex and an e. */
function composed(character: string, keys: ReadonlyMap<string, Key>): KeyEvent[] | undefined {
  const [base, accent, ...more] = character.normalize('NFD')
  if (base === undefined || accent === undefined || more.length > 0) return undefined
  const [baseKey, accentKey, keysym] = [keys.get(base), keys.get(accent), deadKeysyms[accent]]
  if (baseKey === undefined || accentKey === undefined || keysym === undefined) return undefined
  return [...pressedWith(accentKey, keysym), ...pressedWith(baseKey, keysymOf(base))]
}

const pressed = (key: { keysym: number; code: string }): KeyEvent[] => [
  { ...key, isDown: true },
  { ...key, isDown: false },
]

function pressedWith(key: Key, keysym: number): KeyEvent[] {
  const held = [...(key.shift ? [shift] : []), ...(key.altGr ? [altGr] : [])]
  return [
    ...held.map((one) => ({ ...one, isDown: true })),
    ...pressed({ keysym, code: key.code }),
    ...held.toReversed().map((one) => ({ ...one, isDown: false })),
  ]
}

/** X11's keysym of a character: itself in Latin-1, an old one of the euro, and Unicode for the rest. */
export function keysymOf(character: string): number {
  if (character === '€') return 0x20ac
  const point = character.codePointAt(0) ?? 0
  return point <= 0xff ? point : 0x1000000 + point
}
