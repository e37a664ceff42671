// The main script of the executable: finds the program's scripts among the embedded files.
import { getAssetKeys, getRawAsset } from 'node:sea'
import { createChunks } from './chunks.ts'

const names = new Set(getAssetKeys())
const bytes = (key: string) => Buffer.from(getRawAsset(key) as ArrayBuffer)

createChunks(
  {
    script: (name) => bytes(`program/${name}`),
    cache: (name) => (names.has(`program/${name}.cache`) ? bytes(`program/${name}.cache`) : undefined),
    require,
  },
  __filename,
  __dirname,
).load('main.js')
