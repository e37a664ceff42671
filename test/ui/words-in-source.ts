// Words that a page would show without asking the languages for them.
import { type ESTree, parseSync, Visitor } from 'vite'

export interface Words {
  line: number
  words: string
}

/** Attributes and properties whose value people read or hear. */
const read = new Set([
  ...[
    'aria-label',
    'aria-roledescription',
    'aria-valuetext',
    'aria-description',
    'title',
    'placeholder',
    'label',
    'alt',
  ],
  ...[
    'description',
    'helperText',
    'screenReaderText',
    'titleText',
    'toggleText',
    'emptyText',
    'ariaLabel',
    'hint',
    'legend',
  ],
])

/** Of a source file (TypeScript, with or without JSX): JSX text with letters, and such in what is read. */
export function wordsIn(file: string, source: string): Words[] {
  const found: Words[] = []
  const tell = (start: number, words: string) => {
    if (!/\p{L}/u.test(words)) return
    found.push({ line: source.slice(0, start).split('\n').length, words: words.trim().replace(/\s+/g, ' ') })
  }
  const shown = (node: ESTree.Node | null | undefined): void => {
    for (const literal of literalsOf(node)) tell(literal.start, literal.words)
  }
  const inside = ({ children }: Pick<ESTree.JSXElement, 'children'>) => {
    for (const child of children) if (child.type === 'JSXExpressionContainer') shown(child.expression)
  }
  const { program, errors } = parseSync(file, source, { lang: file.endsWith('x') ? 'tsx' : 'ts' })
  if (errors[0]) throw new Error(`${file} cannot be read: ${errors[0].message}`)
  new Visitor({
    JSXText: (node) => tell(node.start, node.value),
    JSXElement: inside,
    JSXFragment: inside,
    JSXAttribute: (node) => {
      if (node.name.type !== 'JSXIdentifier' || !read.has(node.name.name)) return
      shown(node.value?.type === 'JSXExpressionContainer' ? node.value.expression : node.value)
    },
    Property: (node) => {
      const name = node.key.type === 'Identifier' ? node.key.name : ''
      if (file.endsWith('x') && read.has(name)) shown(node.value)
    },
  }).visit(program)
  return found
}

/** The literals that an expression may come to; those inside of calls and comparisons are none. */
function literalsOf(node: ESTree.Node | null | undefined): { start: number; words: string }[] {
  switch (node?.type) {
    case 'Literal':
      return typeof node.value === 'string' ? [{ start: node.start, words: node.value }] : []
    case 'TemplateLiteral':
      return node.quasis.map(({ start, value }) => ({ start, words: value.raw }))
    case 'ConditionalExpression':
      return [...literalsOf(node.consequent), ...literalsOf(node.alternate)]
    case 'LogicalExpression':
      return [...literalsOf(node.left), ...literalsOf(node.right)]
    case 'ParenthesizedExpression':
    case 'TSAsExpression':
      return literalsOf(node.expression)
    default:
      return []
  }
}
