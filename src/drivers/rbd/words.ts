// The words of each `rbd` command that changes something: both what is run and what a dry run shows.

export const createWords = (name: string, sizeBytes: number): string[] => [
  ...['create', '--image', name, '--size'],
  `${sizeBytes}B`,
]

export const resizeWords = (name: string, sizeBytes: number): string[] => [
  ...['resize', '--no-progress', '--image', name, '--size'],
  `${sizeBytes}B`,
]

export const cloneWords = (
  from: { image: string; snapshot: string },
  to: { pool: string; name: string },
): string[] => [
  ...['clone', '--image', from.image, '--snap', from.snapshot],
  ...['--dest-pool', to.pool, '--dest', to.name],
]

export const sparsifyWords = (name: string): string[] => ['sparsify', '--image', name]

export const renameWords = (pool: string, from: string, to: string): string[] => [
  ...['rename', '--image', from],
  ...['--dest-pool', pool, '--dest', to],
]

/** Far away, so that nobody's `rbd trash purge` takes what is still to be had back. */
const keptUntil = '2100-01-01'

export const trashWords = (name: string): string[] => [
  ...['trash', 'mv', '--image', name],
  ...['--expires-at', keptUntil],
]

/** Of one pool. */
export const onPool = (pool: string, words: readonly string[]): string[] => ['--pool', pool, ...words]
