import type { Finding, FindingState, Report } from './finding.ts'

/** Paints a word for a terminal; gives it back as it is elsewhere. */
export type Paint = (state: FindingState, text: string) => string

const states: readonly FindingState[] = ['error', 'warning', 'unknown', 'ok']

/** The report as a person reads it: a line for each finding, its mend below, and a count at the end. */
export function reportText({ version, findings }: Report, paint: Paint): string {
  const width = Math.max(...findings.map(({ title }) => title.length))
  const lines = findings.flatMap((finding) => findingLines(finding, width, paint))
  const counts = states
    .map((state) => ({ state, count: findings.filter((finding) => finding.state === state).length }))
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => paint(state, `${count} ${state}`))
  return `${[...lines, '', `Nacelle ${version}: ${counts.join(', ')}`].join('\n')}\n`
}

const stateWidth = Math.max(...states.map((state) => state.length))

function findingLines({ state, title, detail, mend }: Finding, width: number, paint: Paint): string[] {
  const head = `${paint(state, state.padEnd(stateWidth))}  ${title.padEnd(width)}  ${oneLine(detail)}`
  return mend === null ? [head] : [head, `${' '.repeat(stateWidth + 2 + width + 2)}→ ${oneLine(mend)}`]
}

/** Words of other programs must not draw on the terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
const oneLine = (text: string) => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim()
