/** What is known of a task that has ended; times as the API has them. */
export interface Timed {
  start_time: string | null
  finish_time: string | null
}

/** Seconds that the middle one of such tasks took; undefined where there was none. */
export function usualSeconds(tasks: readonly Timed[], parse: (time: string) => Date): number | undefined {
  const took = tasks
    .flatMap(({ start_time, finish_time }) =>
      start_time === null || finish_time === null
        ? []
        : [(parse(finish_time).getTime() - parse(start_time).getTime()) / 1000],
    )
    .sort((a, b) => a - b)
  const middle = took[Math.floor(took.length / 2)]
  return middle === undefined ? undefined : Math.max(1, middle)
}

/** A disk of the slow kind writes so much a second. */
const copiedBytesPerSecond = 100 * 2 ** 20

/** Where nothing of the kind has been done yet: what is written at once decides. */
export const copySeconds = (bytes: number): number => Math.max(1, bytes / copiedBytesPerSecond)
