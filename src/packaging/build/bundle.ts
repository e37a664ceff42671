// One CommonJS file out of src/main.ts and its libraries (a SEA main script must be CommonJS).
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild'
import { treePath } from '../assets.ts'

/** What to bundle: the entry, where to write the script, and what `nacelle version` shall say. */
export interface BundleRequest {
  entry: string
  outfile: string
  version: string
  commit: string | undefined
}

/** Bundles and minifies; licence comments go to `<outfile>.LEGAL.txt`. Returns esbuild's list of inputs. */
export async function bundle(request: BundleRequest): Promise<Metafile> {
  const result = await build(optionsFor(request))
  if (result.warnings.length > 0) throw new Error('the bundler warned: mend the sources named above')
  return result.metafile
}

function optionsFor(request: BundleRequest) {
  const buildInfo = { version: request.version, ...(request.commit ? { commit: request.commit } : {}) }
  return {
    entryPoints: [request.entry],
    outfile: request.outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
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
    // import.meta is empty in CommonJS; the SEA main script has these two instead.
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
