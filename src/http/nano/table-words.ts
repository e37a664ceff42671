/** A table of the record as callers read it: `storage_pool` for `storagePool`. */
export const tableWord = (table: string): string =>
  table.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** What `tableWord` was made of; a name as the record has it stays as it is. */
export const tableNamed = (word: string): string =>
  word.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
