// Libvirt's XML, built and parsed by a library only.
import { XMLBuilder, XMLParser } from 'fast-xml-parser'
import { AppError } from '../../core/errors.ts'

/** An element: attributes are `@name`, text is `#text`, everything else children. */
export type Element = { [name: string]: Node | Node[] | undefined }
export type Node = string | Element

const shared = { ignoreAttributes: false, attributeNamePrefix: '@' } as const

const builder = new XMLBuilder({
  ...shared,
  format: true,
  suppressEmptyNode: true,
  suppressBooleanAttributes: false,
})

const parser = new XMLParser({ ...shared, parseTagValue: false, parseAttributeValue: false })

// Characters that XML 1.0 cannot carry at all; the builder would pass them through.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must be found
const impossible = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/

/** Throws `invalid` for text that XML cannot carry. */
export function buildXml(document: Element): string {
  const xml = builder.build(document)
  if (impossible.test(xml)) throw new AppError('invalid', 'a control character stands in a name or path')
  return xml
}

export function parseXml(xml: string): Element {
  return parser.parse(xml) as Element
}

/** The child elements of this name, also when there is none or one; a text child counts as `{'#text': …}`. */
export function children(parent: Element | undefined, name: string): Element[] {
  const value = parent?.[name]
  if (value === undefined) return []
  return (Array.isArray(value) ? value : [value]).map((node) =>
    typeof node === 'string' ? { '#text': node } : node,
  )
}

export const child = (parent: Element | undefined, ...path: string[]): Element | undefined =>
  path.reduce<Element | undefined>((at, name) => children(at, name)[0], parent)

export function attribute(element: Element | undefined, name: string): string | undefined {
  const value = element?.[`@${name}`]
  return typeof value === 'string' ? value : undefined
}

export function text(element: Element | undefined): string {
  const value = element?.['#text']
  return typeof value === 'string' ? value : ''
}
