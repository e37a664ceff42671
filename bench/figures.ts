// What every benchmark prints: the machine's load before it, and each figure against its aim.
import { readFile } from 'node:fs/promises'

export interface Figure {
  name: string
  value: number
  unit: string
  /** `most`: the figure may not be above the limit; `least`: not below. */
  aim: { most: number } | { least: number }
}

/** One line: the load average of the last minute, and how many processors share it. */
export async function sayLoad(): Promise<void> {
  const [minute = '?'] = (await readFile('/proc/loadavg', 'utf8')).split(' ')
  const processors = (await readFile('/proc/cpuinfo', 'utf8')).match(/^processor\s/gm)?.length ?? 0
  console.log(`load before: ${minute} on ${processors} processors`)
}

/** Prints the figure, its aim and whether it was met. */
export function sayFigure({ name, value, unit, aim }: Figure): void {
  const isMet = 'most' in aim ? value <= aim.most : value >= aim.least
  const limit = 'most' in aim ? `≤ ${aim.most}` : `≥ ${aim.least}`
  const shown = value >= 100 ? value.toFixed(0) : value.toFixed(2)
  console.log(`${name}: ${shown} ${unit} (aim ${limit}): ${isMet ? 'met' : 'MISSED'}`)
}

/** The value that this part of the sorted values does not exceed; 0.5 is the median. */
export function quantile(values: readonly number[], part: number): number {
  if (values.length === 0) throw new Error('no values, no quantile')
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(part * sorted.length) - 1))] as number
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** Smallest, median and largest, in milliseconds. */
export const spread = (values: readonly number[]): string =>
  `${median(values).toFixed(1)} ms (${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)})`
