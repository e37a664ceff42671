// Which character each key of a keyboard gives. A screen takes positions of keys, and the guest makes characters of them by
// the layout that is set in the guest: a text can only be typed by who knows that layout.

/** Physical keys, each row from the left, as KeyboardEvent.code names them. Letters are those of a US keyboard. */
const rows = [
  'Backquote Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal',
  'KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight',
  'KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backslash',
  'IntlBackslash KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash',
].map((row) => row.split(' '))

/**
 * The four rows without, with Shift, with AltGr: one character for each key, a space where there is none or where systems do
 * not agree. A combining character is a dead key, which waits for the next one.
 */
interface Layout {
  plain: readonly string[]
  shift: readonly string[]
  altGr?: readonly string[]
}

const us: Layout = {
  plain: ['`1234567890-=', 'qwertyuiop[]', "asdfghjkl;'\\", ' zxcvbnm,./'],
  shift: ['~!@#$%^&*()_+', 'QWERTYUIOP{}', 'ASDFGHJKL:"|', ' ZXCVBNM<>?'],
}

const table = {
  us,
  gb: {
    plain: ['`1234567890-=', 'qwertyuiop[]', "asdfghjkl;'#", '\\zxcvbnm,./'],
    shift: ['¬!"£$%^&*()_+', 'QWERTYUIOP{}', 'ASDFGHJKL:@~', '|ZXCVBNM<>?'],
    altGr: ['    €', '', '', ''],
  },
  de: {
    plain: ['\u03021234567890ß\u0301', 'qwertzuiopü+', 'asdfghjklöä#', '<yxcvbnm,.-'],
    shift: ['°!"§$%&/()=?\u0300', 'QWERTZUIOPÜ*', "ASDFGHJKLÖÄ'", '>YXCVBNM;:_'],
    altGr: ['  ²³   {[]}\\', '@ €        ~', '', '|      µ'],
  },
  fr: {
    plain: ['²&é"\'(-è_çà)=', 'azertyuiop\u0302$', 'qsdfghjklmù*', '<wxcvbn,;:!'],
    shift: [' 1234567890°+', 'AZERTYUIOP\u0308£', 'QSDFGHJKLM%µ', '>WXCVBN?./§'],
    altGr: ['  ~#{[|`\\^@]}', '  €        ¤', '', ''],
  },
  // Chinese is written by an input method over the keys of a US keyboard.
  cn: us,
} as const satisfies Record<string, Layout>

export type LayoutName = keyof typeof table
export const layoutNames = Object.keys(table) as LayoutName[]
export const isLayoutName = (text: unknown): text is LayoutName => layoutNames.some((name) => name === text)

/** How a character comes out of a keyboard. */
export interface Key {
  code: string
  shift: boolean
  altGr: boolean
}

/** By character; a dead key by its combining character. */
export function keysOf(name: LayoutName): ReadonlyMap<string, Key> {
  const layout: Layout = table[name]
  const keys = new Map<string, Key>([[' ', { code: 'Space', shift: false, altGr: false }]])
  const levels = [
    { texts: layout.plain, shift: false, altGr: false },
    { texts: layout.shift, shift: true, altGr: false },
    { texts: layout.altGr ?? [], shift: false, altGr: true },
  ]
  for (const { texts, shift, altGr } of levels)
    for (const [row, text] of texts.entries())
      for (const [place, character] of [...text].entries()) {
        const code = rows[row]?.[place]
        if (code !== undefined && !keys.has(character)) keys.set(character, { code, shift, altGr })
      }
  return keys
}
