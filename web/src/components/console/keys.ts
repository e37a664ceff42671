// Keys that a browser or the reader's own system keeps for itself, by what X11 and KeyboardEvent call them.
import type { KeyEvent } from './typing.ts'

export interface NamedKey {
  keysym: number
  code: string
}

export const keys = {
  Esc: { keysym: 0xff1b, code: 'Escape' },
  Tab: { keysym: 0xff09, code: 'Tab' },
  Enter: { keysym: 0xff0d, code: 'Enter' },
  Backspace: { keysym: 0xff08, code: 'Backspace' },
  Ctrl: { keysym: 0xffe3, code: 'ControlLeft' },
  Alt: { keysym: 0xffe9, code: 'AltLeft' },
  Super: { keysym: 0xffeb, code: 'MetaLeft' },
  Del: { keysym: 0xffff, code: 'Delete' },
  Left: { keysym: 0xff51, code: 'ArrowLeft' },
  Up: { keysym: 0xff52, code: 'ArrowUp' },
  Right: { keysym: 0xff53, code: 'ArrowRight' },
  Down: { keysym: 0xff54, code: 'ArrowDown' },
  PrtSc: { keysym: 0xff61, code: 'PrintScreen' },
  F4: { keysym: 0xffc1, code: 'F4' },
} as const satisfies Record<string, NamedKey>

const functionKeys: readonly NamedKey[] = Array.from({ length: 12 }, (_, n) => ({
  keysym: 0xffbe + n,
  code: `F${n + 1}`,
}))

export interface Combination {
  /** As it is written on keyboards. */
  name: string
  keys: readonly NamedKey[]
}

export const ctrlAltDel: Combination = { name: 'Ctrl+Alt+Del', keys: [keys.Ctrl, keys.Alt, keys.Del] }

/** Groups of the key menu. */
export const combinations = {
  system: [
    ctrlAltDel,
    { name: 'Ctrl+Alt+Backspace', keys: [keys.Ctrl, keys.Alt, keys.Backspace] },
    { name: 'Alt+Tab', keys: [keys.Alt, keys.Tab] },
    { name: 'Alt+F4', keys: [keys.Alt, keys.F4] },
    { name: 'Ctrl+Esc', keys: [keys.Ctrl, keys.Esc] },
    { name: 'Super', keys: [keys.Super] },
    { name: 'PrtSc', keys: [keys.PrtSc] },
  ],
  terminals: functionKeys.map((key) => ({
    name: `Ctrl+Alt+${key.code}`,
    keys: [keys.Ctrl, keys.Alt, key],
  })),
  functions: functionKeys.map((key) => ({ name: key.code, keys: [key] })),
} as const satisfies Record<string, readonly Combination[]>

/** Down in their order, up the other way round. */
export const pressedTogether = (together: readonly NamedKey[]): KeyEvent[] => [
  ...together.map((key) => ({ ...key, isDown: true })),
  ...together.toReversed().map((key) => ({ ...key, isDown: false })),
]
