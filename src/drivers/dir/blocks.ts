/** A piece of memory that the kernel can write to a disk directly and another thread can read. */
export interface Block {
  bytes: Buffer
  /** Where it lies in `Blocks.shared`. */
  offset: number
}

export interface Blocks {
  shared: SharedArrayBuffer
  blocks: readonly Block[]
  /** Keeps the memory for the next one who needs it. */
  release(): void
}

export const blockBytes = 2 * 1024 ** 2
const blockCount = 4
const mostIdle = 2

const idle: SharedArrayBuffer[] = []

/** A few blocks, kept from an earlier use where possible. */
export function takeBlocks(): Blocks {
  const shared = idle.pop() ?? alignedMemory(blockCount * blockBytes)
  const blocks = Array.from({ length: blockCount }, (_, index) => {
    const offset = index * blockBytes
    return { offset, bytes: Buffer.from(shared, offset, blockBytes) }
  })
  let released = false
  const release = () => {
    if (!released && idle.length < mostIdle) idle.push(shared)
    released = true
  }
  return { shared, blocks, release }
}

// Direct writes want memory that begins at a page, which plain buffers do not; that of one that could grow does.
const alignedMemory = (bytes: number) => new SharedArrayBuffer(bytes, { maxByteLength: bytes })
