// xterm.js writes its colours and sizes into <style> elements, and those of a cell into style attributes. The policy of the
// pages forbids both, but neither sheets that a script adopts nor styles that it sets.

/** Runs `work`; what it makes as <style> are sheets of the document instead. Gives what takes them away. */
export function withAdoptedStyles(work: () => void): () => void {
  const sheets: CSSStyleSheet[] = []
  const create = document.createElement
  const createOther = (name: string, options?: ElementCreationOptions) =>
    name.toLowerCase() === 'style' ? adoptedStyle(sheets) : create.call(document, name, options)
  document.createElement = createOther as typeof document.createElement
  try {
    work()
  } finally {
    Reflect.deleteProperty(document, 'createElement')
  }
  return () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => !sheets.includes(sheet))
  }
}

/** An element that shows nothing and whose text is a sheet. */
function adoptedStyle(sheets: CSSStyleSheet[]): HTMLElement {
  const sheet = new CSSStyleSheet()
  sheets.push(sheet)
  document.adoptedStyleSheets.push(sheet)
  const element = document.createElementNS('http://www.w3.org/1999/xhtml', 'template') as HTMLElement
  Object.defineProperty(element, 'textContent', { set: (text: string) => sheet.replaceSync(text) })
  return element
}

interface RowFactory {
  _addStyle(element: HTMLElement, style: string): void
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/**
 * Colours of 24 bits and marks of a search are styles of a cell; xterm.js has no public way to say how they are set. Where
 * its inside has changed they stay without colour, and a test fails.
 */
export function setStylesByScript(terminal: object): void {
  const factory = ['_core', '_renderService', '_renderer', 'value', '_rowFactory'].reduce<unknown>(
    (part, name) => (isObject(part) ? part[name] : undefined),
    terminal,
  )
  if (isObject(factory) && '_addStyle' in factory)
    (factory as unknown as RowFactory)._addStyle = (element, style) => {
      element.style.cssText += style
    }
}
