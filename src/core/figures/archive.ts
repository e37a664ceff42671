/** Where history outlives the appliance: a file of its own (db/figure-file.ts). What it throws is for the log only. */
export interface FigureArchive {
  /** Every name that has a history. */
  names(): string[]
  /**
   * Puts 10 s averages of everything, from `startMs` on, in the place of what is there of that start, and removes
   * batches that begin before `keptMs`; in one transaction.
   */
  writeFine(startMs: number, blocks: readonly NamedBlock[], keptMs: number): Promise<void>
  /** Starts of the batches that are there, oldest first. */
  fineStarts(): number[]
  readFine(startMs: number): Promise<NamedBlock[]>
  /** One hour of 10 min summaries of everything, in one transaction. */
  writeCoarse(hour: number, blocks: readonly NamedBlock[]): Promise<void>
  /** Of one name, hours since 1970, both inclusive. */
  readCoarse(
    name: string,
    firstHour: number,
    lastHour: number,
  ): Promise<{ hour: number; block: Uint8Array }[]>
  /** Whether the hour was summarized. */
  hasCoarse(hour: number): boolean
  dropCoarse(beforeHour: number): void
  /** Its history is gone at once; its bytes go bit by bit. */
  forget(name: string): void
  close(): void
}

export interface NamedBlock {
  name: string
  block: Uint8Array
}
