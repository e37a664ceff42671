// Figures and times as a person reads them, in the browser's zone and the language of the page.

const binaryUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** E.g. `1.5 GiB`; whole numbers stay whole. */
export function bytesText(bytes: number, language?: string): string {
  let value = bytes
  let unit = 0
  while (Math.abs(value) >= 1024 && unit < binaryUnits.length - 1) {
    value /= 1024
    unit++
  }
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: value < 100 && unit > 0 ? 1 : 0 })
  return `${number.format(value)} ${binaryUnits[unit]}`
}

export const rateText = (bytesPerSecond: number, language?: string): string =>
  `${bytesText(bytesPerSecond, language)}/s`

/** `ratio` from 0 to 1. */
export const percentText = (ratio: number, language?: string): string =>
  new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 }).format(ratio)

/** The API has `2018-08-21 00:12:34` for UTC in one place and ISO 8601 in another. */
export function parseTime(text: string | number): Date {
  if (typeof text === 'number') return new Date(text)
  return new Date(/[zZ]|[+-]\d\d:\d\d$/.test(text) ? text : `${text.replace(' ', 'T')}Z`)
}

export const timeText = (time: string | number | Date, language?: string): string =>
  new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' }).format(
    time instanceof Date ? time : parseTime(time),
  )

const spans = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const

/** E.g. `3 minutes ago`. */
export function agoText(time: string | number | Date, now: number, language?: string): string {
  const seconds = Math.round(((time instanceof Date ? time : parseTime(time)).getTime() - now) / 1000)
  const [unit, length] = spans.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1]
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(Math.trunc(seconds / length), unit)
}

/** E.g. `2 h 5 min`, of seconds. */
export function durationText(seconds: number, language?: string): string {
  const format = (value: number, unit: 'day' | 'hour' | 'minute' | 'second') =>
    new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(value)
  const parts: string[] = []
  let rest = Math.max(0, Math.round(seconds))
  for (const [unit, size] of spans) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(format(count, unit))
  }
  return parts.slice(0, 2).join(' ') || format(0, 'second')
}
