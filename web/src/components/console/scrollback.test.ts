import assert from 'node:assert/strict'
import { it } from 'node:test'
import { scrollbackText } from './scrollback.ts'

const linesOf = (texts: readonly string[]) => ({
  length: texts.length,
  getLine: (index: number) => {
    const text = texts[index]
    if (text === undefined) return undefined
    const isWrapped = text.startsWith('>')
    const content = isWrapped ? text.slice(1) : text
    return { isWrapped, translateToString: (trims = false) => (trims ? content.trimEnd() : content) }
  },
})

it('joins what was broken at the edge and drops what is empty at the end', () => {
  assert.equal(
    scrollbackText(linesOf(['login: ', '  a long ', '>line', '>s end  ', '', 'x', '', '   '])),
    'login:\n  a long lines end\n\nx\n',
  )
})
