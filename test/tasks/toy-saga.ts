// A saga on real files, small but with one of everything, and ways to make it faulty.
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Saga } from '../../src/tasks/saga.ts'

export interface ToyParams {
  name: string
}

/** Each is a mistake that a saga's author could make. */
export type Fault =
  | 'undo forgotten'
  | 'repeat appends'
  | 'repeat refuses'
  | 'undo not repeatable'
  | 'undo needs its output'
  | 'memory instead of outputs'
  | 'undo always fails'

export const makeToyWorld = (): Promise<string> => mkdtemp(join(tmpdir(), 'nacelle-toy-'))
export const destroyToyWorld = (world: string): Promise<void> => rm(world, { recursive: true, force: true })

export const toyFiles = async (world: string): Promise<string[]> => (await readdir(world)).sort()

/** Reserves a name, makes a "disk", notes it in a "catalogue", and (as a start would) leaves a mark. */
export function toySaga(world: string, fault?: Fault): Saga<ToyParams> {
  const at = (name: string) => join(world, name)
  let remembered = ''
  return {
    kind: 'toy.create',
    title: ({ name }) => `Create toy ${name}`,
    result: (_params, outputs) => ({ disk: outputs['disk'] }),
    steps: [
      {
        name: 'reserve',
        describe: ({ name }) => [{ effect: `reserve the name ${name}` }],
        run: async ({ params }) => {
          await writeFile(at(`${params.name}.reserved`), 'reserved', {
            flag: fault === 'repeat refuses' ? 'wx' : 'w',
          })
          return { token: params.name.length }
        },
        undo: async ({ params }) => rm(at(`${params.name}.reserved`), { force: true }),
      },
      {
        name: 'disk',
        weight: 3,
        describe: ({ name }) => [{ effect: `make ${name}.disk`, commands: [['touch', `${name}.disk`]] }],
        run: async ({ params, progress }) => {
          remembered = `${params.name}.disk`
          await writeFile(at(`${remembered}.partial`), 'bytes')
          progress(50)
          await rename(at(`${remembered}.partial`), at(remembered))
          return remembered
        },
        ...(fault === 'undo forgotten'
          ? {}
          : {
              undo: async ({ params, outputs }) => {
                if (fault === 'undo always fails') throw new Error('it never works')
                const made = fault === 'undo needs its output' ? outputs['disk'] : `${params.name}.disk`
                if (typeof made === 'string') await rm(at(made), { force: fault !== 'undo not repeatable' })
              },
            }),
      },
      {
        name: 'catalogue',
        describe: () => [{ effect: 'note it in the catalogue' }],
        run: async ({ params, outputs }) => {
          const disk = fault === 'memory instead of outputs' ? remembered : outputs['disk']
          const line = `${params.name} ${disk}\n`
          await mkdir(at('catalogue'), { recursive: true })
          const entry = at(`catalogue/${params.name}`)
          await writeFile(entry, line, { flag: fault === 'repeat appends' ? 'a' : 'w' })
        },
        undo: async () => rm(at('catalogue'), { recursive: true, force: true }),
      },
      {
        name: 'check',
        describe: () => [{ effect: 'look whether all is there' }],
        run: async ({ params }) => access(at(`${params.name}.disk`)),
      },
    ],
  }
}

/** Takes a toy away: past the first step there is no way back. */
export function toyRemoval(world: string): Saga<ToyParams> {
  const at = (name: string) => join(world, name)
  return {
    kind: 'toy.delete',
    title: ({ name }) => `Delete toy ${name}`,
    steps: [
      {
        name: 'mark',
        describe: ({ name }) => [{ effect: `mark ${name} as being deleted` }],
        run: async ({ params }) => writeFile(at(`${params.name}.deleting`), ''),
        undo: async ({ params }) => rm(at(`${params.name}.deleting`), { force: true }),
      },
      {
        name: 'disk',
        irreversible: true,
        describe: ({ name }) => [{ effect: `remove ${name}.disk` }],
        run: async ({ params }) => rm(at(`${params.name}.disk`), { force: true }),
      },
      {
        name: 'unmark',
        describe: ({ name }) => [{ effect: `forget ${name}` }],
        run: async ({ params }) => rm(at(`${params.name}.deleting`), { force: true }),
      },
    ],
  }
}

export const readToy = (world: string, name: string): Promise<string> =>
  readFile(join(world, 'catalogue', name), 'utf8')
