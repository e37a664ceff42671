// The words of each qemu-img command that changes something: both what is run and what a dry run shows.
import type { VolumeLocation } from '../../core/volumes.ts'

export type ImageFormat = 'qcow2' | 'raw'

/** An image file and the format that is known of it; formats are never probed outside the inspector. */
export interface ImageFile {
  path: string
  format: ImageFormat
}

export const createWords = ({ path, format }: ImageFile, sizeBytes: number): string[] => [
  ...['create', '-q', '-f', format, path],
  String(sizeBytes),
]

export const overlayWords = (path: string, parent: ImageFile, sizeBytes: number): string[] => [
  ...['create', '-q', '-f', 'qcow2', ...backing(parent), path],
  String(sizeBytes),
]

export const resizeWords = ({ path, format }: ImageFile, sizeBytes: number): string[] => [
  ...['resize', '-q', '-f', format, path],
  String(sizeBytes),
]

export const rebaseWords = (path: string, parent: ImageFile | null): string[] => [
  ...['rebase', '-p', '-f', 'qcow2', ...backing(parent)],
  path,
]

export const relinkWords = (path: string, parent: ImageFile | null): string[] => [
  ...['rebase', '-q', '-u', '-f', 'qcow2', ...backing(parent)],
  path,
]

export const commitWords = (path: string): string[] => ['commit', '-p', '-d', '-f', 'qcow2', path]

/** A target that exists already (an RBD image, a LUN) keeps its shape. */
export type ConvertTarget = VolumeLocation & { exists?: 'zeroed' | 'written' }

export function convertWords(source: VolumeLocation, target: ConvertTarget): string[] {
  const shape = target.format === 'qcow2' ? ['-c', '-o', 'compression_type=zstd'] : []
  if (target.exists) shape.push('-n', ...(target.exists === 'zeroed' ? ['--target-is-zero'] : []))
  return [
    ...['convert', '-p', ...(source.words ?? []), ...(target.words ?? [])],
    ...['-f', source.format, '-O', target.format, ...shape],
    ...[source.filename, target.filename],
  ]
}

/** One layer alone, into a file that stands on the same parent. */
export function compactWords(
  source: ImageFile,
  target: { path: string; parent: ImageFile | null },
): string[] {
  const standing = target.parent ? ['-B', target.parent.path, '-F', target.parent.format] : []
  return [
    ...['convert', '-p', '-f', source.format, '-O', source.format, ...standing],
    ...[source.path, target.path],
  ]
}

const backing = (parent: ImageFile | null) => (parent ? ['-b', parent.path, '-F', parent.format] : ['-b', ''])
