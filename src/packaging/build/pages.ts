// `npm run web`: builds the pages into dist/web, with a compressed form beside each file that gains by it, and says what
// a browser loads first.
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { build, type Plugin } from 'vite'
import { treePath } from '../assets.ts'
import { packagesOf, pagePackagesFile } from './licences.ts'

// Whole or not there: whoever packs meanwhile must not find half of them.
const whole = treePath('dist/web')
const outdir = `${whole}.partial`

// What a browser must load and run before it shows anything of ours.
const mostFirstLoadBytes = 235_000
const mostFirstLoadScripts = 10

// Pictures and fonts of other kinds are compressed already.
const compressible = new Set([
  '.js',
  '.mjs',
  '.css',
  '.html',
  '.svg',
  '.json',
  '.ico',
  '.woff',
  '.ttf',
  '.wasm',
])

// Workers are bundled by themselves, and the result does not say of what.
const inWorkers = new Set<string>()
const workerModules: Plugin = { name: 'worker-modules', moduleParsed: ({ id }) => void inWorkers.add(id) }

const result = await build({
  configFile: treePath('web/vite.config.ts'),
  logLevel: 'warn',
  build: { outDir: outdir },
  worker: { plugins: () => [workerModules] },
})
if (!Array.isArray(result) && !('output' in result)) throw new Error('the pages were watched, not built')
const chunks = [result].flat().flatMap(({ output }) => output)
const modules = chunks.flatMap((chunk) =>
  chunk.type === 'chunk' ? chunk.moduleIds : chunk.originalFileNames,
)
await writeFile(pagePackagesFile, JSON.stringify(packagesOf([...modules, ...inWorkers])))

const names = (await readdir(outdir, { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile() && compressible.has(extname(entry.name)))
  .map((entry) => join(entry.parentPath, entry.name))
for (const name of names) await compress(name)
await judgeFirstLoad()
await rm(whole, { recursive: true, force: true })
await rename(outdir, whole)

async function compress(file: string): Promise<void> {
  const bytes = await readFile(file)
  const quality = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  }
  const forms = await Promise.all([
    promisify(brotliCompress)(bytes, { params: quality }),
    promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION }),
  ])
  for (const [index, form] of forms.entries())
    if (form.length < bytes.length) await writeFile(`${file}${index === 0 ? '.br' : '.gz'}`, form)
}

/** A file that gains nothing by a compression is served as it is. */
async function sizeOf(file: string, ending: string): Promise<number> {
  const form = await stat(file + ending).catch(() => stat(file))
  return form.size
}

/** The scripts that index.html names: the entry, and all that it imports, which the bundler has preloaded. */
async function judgeFirstLoad(): Promise<void> {
  const index = await readFile(join(outdir, 'index.html'), 'utf8')
  const scripts = [...index.matchAll(/<(?:script|link)\b[^>]*?\b(?:src|href)="\/ui\/([^"]+\.js)"/g)].map(
    (match) => join(outdir, match[1] as string),
  )
  if (scripts.length === 0) throw new Error('index.html of the built pages names no script')
  const total = async (ending: string) => {
    const sizes = await Promise.all(scripts.map((file) => sizeOf(file, ending)))
    return sizes.reduce((sum, size) => sum + size, 0)
  }
  const [plain, brotli, gzipped] = [await total(''), await total('.br'), await total('.gz')]
  console.log(
    `pages: first load ${scripts.length} scripts, ${plain} bytes of JavaScript: ${brotli} by brotli, ${gzipped} by gzip`,
  )
  if (scripts.length > mostFirstLoadScripts)
    throw new Error(`the first load has ${scripts.length} scripts; ${mostFirstLoadScripts} are allowed`)
  if (brotli > mostFirstLoadBytes)
    throw new Error(
      `the first load has ${brotli} bytes of compressed JavaScript; ${mostFirstLoadBytes} are allowed`,
    )
}
