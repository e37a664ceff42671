/** What of xterm.js's buffer is needed. */
interface Lines {
  length: number
  getLine(index: number): { isWrapped: boolean; translateToString(trimRight?: boolean): string } | undefined
}

/** All lines as they were printed: what was broken at the edge is whole again, and nothing empty is at the end. */
export function scrollbackText(lines: Lines): string {
  const texts: string[] = []
  for (let index = 0; index < lines.length; index++) {
    const line = lines.getLine(index)
    if (line === undefined) continue
    const goesOn = lines.getLine(index + 1)?.isWrapped === true
    const text = line.translateToString(!goesOn)
    if (line.isWrapped && texts.length > 0) texts.push((texts.pop() ?? '') + text)
    else texts.push(text)
  }
  return `${texts.join('\n').trimEnd()}\n`
}
