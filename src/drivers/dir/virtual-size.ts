import { type FileHandle, open } from 'node:fs/promises'
import type { ImageFile } from '../qemu-img/qemu-img.ts'

const headerBytes = 32
const magic = 0x514649fb

/**
 * Bytes that a guest sees of an image of ours. Read from the file itself, because each clone asks, and a process to answer
 * would cost as much as making the clone.
 */
export async function virtualSize({ path, format }: ImageFile): Promise<number> {
  const file = await open(path, 'r')
  try {
    return format === 'raw' ? (await file.stat()).size : await sizeInHeader(file, path)
  } finally {
    await file.close()
  }
}

async function sizeInHeader(file: FileHandle, path: string): Promise<number> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(headerBytes), 0, headerBytes, 0)
  if (bytesRead < headerBytes || buffer.readUInt32BE(0) !== magic)
    throw new Error(`${path} is not a qcow2 image`)
  return Number(buffer.readBigUInt64BE(24))
}
