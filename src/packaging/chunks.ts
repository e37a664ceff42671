// The program inside the executable lies in several scripts, so that a start reads and compiles only what it runs.
import { Script } from 'node:vm'

/** Where the scripts and V8's compiled form of them are read from. */
export interface ChunkSource {
  /** Text of a script, ASCII only. */
  script(name: string): Buffer
  /** Its code cache; undefined where there is none. */
  cache(name: string): Buffer | undefined
  /** For modules of Node. */
  require(id: string): unknown
}

export interface Chunks {
  /** Runs a script at its first use; returns its exports. */
  load(name: string): object
  /** Code caches of the scripts that were run, with the functions that were compiled until now. */
  codeCaches(): Map<string, Buffer>
}

type Wrapper = (
  require: (id: string) => unknown,
  module: { exports: object },
  exports: object,
  __filename: string,
  __dirname: string,
) => void

// The bundler puts the names of the parameters of `Wrapper` around each script.
export const wrapperHead = '(function(require,module,exports,__filename,__dirname){'
export const wrapperFoot = '\n})'

/** The modules that the bundler has written, by file name. `filename` stands for the program in stack traces. */
export function createChunks(source: ChunkSource, filename: string, directory: string): Chunks {
  const modules = new Map<string, { exports: object }>()
  const scripts = new Map<string, Script>()
  const load = (name: string): object => {
    const known = modules.get(name)
    if (known) return known.exports
    const module = { exports: {} }
    modules.set(name, module)
    const script = new Script(source.script(name).toString('latin1'), {
      filename: `${directory}/${name}`,
      cachedData: source.cache(name),
    })
    scripts.set(name, script)
    const wrapper = script.runInThisContext() as Wrapper
    wrapper(requireFrom, module, module.exports, filename, directory)
    return module.exports
  }
  const requireFrom = (id: string): unknown => (id.startsWith('./') ? load(id.slice(2)) : source.require(id))
  return {
    load,
    codeCaches: () => new Map([...scripts].map(([name, script]) => [name, script.createCachedData()])),
  }
}
