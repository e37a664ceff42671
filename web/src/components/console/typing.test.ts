import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { layoutNames } from './layouts.ts'
import { keysymOf, typed } from './typing.ts'

/** E.g. `Shift+Digit2` for each press, as a person would say it. */
function said(text: string, layout: (typeof layoutNames)[number]): string[] {
  const { strokes, missing } = typed(text, layout)
  assert.deepEqual(missing, [])
  return strokes.map((events) => {
    const held: string[] = []
    const words: string[] = []
    for (const { code, isDown } of events) {
      const isModifier = code === 'ShiftLeft' || code === 'AltRight'
      if (isModifier && isDown) held.push(code === 'ShiftLeft' ? 'Shift' : 'AltGr')
      else if (isModifier) held.pop()
      else if (isDown) words.push([...held, code].join('+'))
    }
    assert.deepEqual(held, [], `a modifier of ${JSON.stringify(text)} stays down`)
    return words.join(' ')
  })
}

describe('typing in the layout of the guest', () => {
  it('presses the positions of a US keyboard', () => {
    assert.deepEqual(said('aZ/~', 'us'), ['KeyA', 'Shift+KeyZ', 'Slash', 'Shift+Backquote'])
  })

  it('swaps y and z, and takes AltGr, on a German one', () => {
    assert.deepEqual(said('zY{@ß', 'de'), ['KeyY', 'Shift+KeyZ', 'AltGr+Digit7', 'AltGr+KeyQ', 'Minus'])
  })

  it('presses a dead key before a space or its letter', () => {
    assert.deepEqual(said('^`é', 'de'), ['Backquote Space', 'Shift+Equal Space', 'Equal KeyE'])
    assert.deepEqual(said('êïÂ', 'fr'), [
      'BracketLeft KeyE',
      'Shift+BracketLeft KeyI',
      'BracketLeft Shift+KeyQ',
    ])
  })

  it('takes Shift for digits on a French one', () => {
    assert.deepEqual(said('m1,.é^', 'fr'), [
      'Semicolon',
      'Shift+Digit1',
      'KeyM',
      'Shift+Comma',
      'Digit2',
      'AltGr+Digit9',
    ])
  })

  it('has pound, hash and at on a British one', () => {
    assert.deepEqual(said('£#@"\\|€', 'gb'), [
      'Shift+Digit3',
      'Backslash',
      'Shift+Quote',
      'Shift+Digit2',
      'IntlBackslash',
      'Shift+IntlBackslash',
      'AltGr+Digit4',
    ])
  })

  it('ends a line with Enter, however it was written', () => {
    assert.deepEqual(said('a\r\nb\n\t', 'us'), ['KeyA', 'Enter', 'KeyB', 'Enter', 'Tab'])
  })

  it('names what a keyboard does not have', () => {
    assert.deepEqual(typed('a你好你', 'cn').missing, ['你', '好'])
    assert.equal(typed('a你', 'cn').strokes.length, 1)
    assert.deepEqual(typed('é', 'us').missing, ['é'])
  })

  for (const layout of layoutNames)
    it(`types all of ASCII on ${layout}, each by keys of its own`, () => {
      const ascii = Array.from({ length: 95 }, (_, n) => String.fromCharCode(32 + n)).join('')
      const words = said(ascii, layout)
      assert.equal(new Set(words).size, ascii.length)
    })

  it('gives keysyms to servers that know no positions', () => {
    assert.equal(keysymOf('a'), 0x61)
    assert.equal(keysymOf('ß'), 0xdf)
    assert.equal(keysymOf('€'), 0x20ac)
    assert.equal(keysymOf('你'), 0x1004f60)
    const [stroke] = typed('@', 'de').strokes
    assert.deepEqual(
      stroke?.map(({ keysym }) => keysym),
      [0xfe03, 0x40, 0x40, 0xfe03],
    )
  })
})
