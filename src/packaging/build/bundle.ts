// CommonJS scripts out of src/main.ts and its libraries (a SEA runs no ES modules): one for each part that is loaded by
// itself, found by the bundler at the dynamic imports.
import { readFile, rename, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type BuildOptions, build, type Metafile, type Plugin, transform } from 'esbuild'
import { treePath } from '../assets.ts'
import { wrapperFoot, wrapperHead } from '../chunks.ts'

/** What to bundle: the entry, the folder for the scripts, and what `nacelle version` shall say. */
export interface BundleRequest {
  entry: string
  outdir: string
  version: string
  commit: string | undefined
}

export interface Bundle {
  /** esbuild's list of inputs. */
  inputs: Metafile['inputs']
  /** File names in the folder; the program begins with `main.js`. */
  scripts: string[]
}

/** Bundles and minifies; licence comments go to `<script>.LEGAL.txt`. */
export async function bundle(request: BundleRequest): Promise<Bundle> {
  const { warnings, metafile } = await build(modulesFor(request))
  if (warnings.length > 0) throw new Error('the bundler warned: mend the sources named above')
  const scripts = Object.keys(metafile.outputs).filter((name) => name.endsWith('.js'))
  for (const script of scripts) refuseLibrary(metafile.outputs[script]?.entryPoint)
  for (const script of scripts) await toCommonJs(script)
  return { inputs: metafile.inputs, scripts: scripts.map((script) => basename(script)) }
}

/** The main script of the executable, which runs the others. */
export async function bundleBoot(outfile: string): Promise<void> {
  await build({
    ...{ entryPoints: [treePath('src/packaging/boot.ts')], outfile, bundle: true, minify: true },
    ...{ platform: 'node', format: 'cjs', target: 'node24', logLevel: 'warning' },
  })
}

// Only ES modules can be split; each part becomes CommonJS afterwards.
function modulesFor(request: BundleRequest) {
  const buildInfo = { version: request.version, ...(request.commit ? { commit: request.commit } : {}) }
  return {
    entryPoints: { main: request.entry },
    outdir: request.outdir,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minify: true,
    keepNames: true,
    // An uncaught error shows its source line: not all eight hundred kilobytes of it.
    lineLimit: 160,
    // Some packages' CommonJS hides its requires from every bundler (jsonc-parser's UMD); their ES modules do not.
    mainFields: ['module', 'main'],
    legalComments: 'external',
    metafile: true,
    logLevel: 'warning',
    // import.meta is empty in CommonJS; the loader of the scripts has these two instead.
    define: {
      'import.meta.dirname': '__dirname',
      'import.meta.filename': '__filename',
      'import.meta.url': '__importMetaUrl',
      __NACELLE_BUILD__: JSON.stringify(buildInfo),
    },
    banner: { js: "const __importMetaUrl=require('node:url').pathToFileURL(__filename).href;" },
    plugins: [embeddedAddons],
  } satisfies BuildOptions
}

/** The names that a CommonJS library exports are known only where it is imported by `import … from`. */
function refuseLibrary(entryPoint = ''): void {
  if (entryPoint.includes('node_modules/'))
    throw new Error(`import() of ${entryPoint}: import it from a file of ours, and that one dynamically`)
}

async function toCommonJs(file: string): Promise<void> {
  const { code } = await transform(await readFile(file, 'utf8'), {
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    // So that import() of a part goes to the loader of the scripts.
    supported: { 'dynamic-import': false },
    minifyWhitespace: true,
    lineLimit: 160,
    logLevel: 'warning',
  })
  if (/[^\0-\x7f]/.test(code)) throw new Error(`${file} is not plain ASCII, as its loader expects`)
  const partial = join(`${file}.partial`)
  await writeFile(partial, wrapperHead + code + wrapperFoot)
  await rename(partial, file)
}

// Both libraries look for their add-on beside themselves; inside the binary there is no such place.
const embeddedAddons: Plugin = {
  name: 'embedded-addons',
  setup({ onLoad }) {
    const addons = JSON.stringify(treePath('src/packaging/addons.ts'))
    const replace = (filter: RegExp, contents: string) =>
      onLoad({ filter }, () => ({ contents, loader: 'js', resolveDir: treePath('.') }))
    replace(
      /\/better-sqlite3\/lib\/binding\.js$/,
      `exports.getBinding = (given) => given ?? require(${addons}).loadSqliteBinding()`,
    )
    replace(
      /\/@lydell\/node-pty\/requireBinary\.js$/,
      // A proxy, so that the first terminal loads it and not each start.
      `exports.requireBinary = () => new Proxy({}, { get: (_, name) => require(${addons}).loadPtyBinding()[name] })`,
    )
  },
}
