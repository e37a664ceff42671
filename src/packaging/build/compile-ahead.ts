import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { treePath } from '../assets.ts'
import { createChunks } from '../chunks.ts'

/**
 * Runs the program in the folder once, in this process, with the command that rehearses a start, and writes what V8 has
 * compiled meanwhile beside each script. V8's own cache of a script that never ran holds its outermost functions only;
 * each start would compile the others anew. This must be the same Node as the executable's, which refuses another's code.
 */
export async function compileAhead(program: string, scripts: readonly string[]): Promise<void> {
  const texts = new Map<string, Buffer>()
  for (const name of scripts) texts.set(name, await readFile(join(program, name)))
  const chunks = createChunks(
    {
      script: (name) => texts.get(name) ?? Buffer.alloc(0),
      cache: () => undefined,
      require: createRequire(import.meta.url),
    },
    treePath('src/packaging/addons.ts'),
    treePath('src/packaging'),
  )
  const { argv, exitCode } = process
  const umask = process.umask()
  process.argv = [process.execPath, 'nacelle', 'rehearse']
  chunks.load('main.js')
  // It has ended when nothing is left to do; where it fails it ends the process, and with it the build.
  await once(process, 'beforeExit')
  process.argv = argv
  process.exitCode = exitCode
  process.umask(umask)
  for (const [name, cache] of chunks.codeCaches()) await writeFile(join(program, `${name}.cache`), cache)
}
