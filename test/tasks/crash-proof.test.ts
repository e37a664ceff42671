import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { proveSaga, type SagaProof } from './crash-proof.ts'
import { ProofError } from './stage.ts'
import {
  destroyToyWorld,
  type Fault,
  makeToyWorld,
  readToy,
  type ToyParams,
  toyFiles,
  toyRemoval,
  toySaga,
} from './toy-saga.ts'

const creation = (fault?: Fault): SagaProof<string, ToyParams> => ({
  makeWorld: makeToyWorld,
  destroyWorld: destroyToyWorld,
  saga: (world) => toySaga(world, fault),
  params: { name: 'duck' },
  locks: { exclusive: ['toy:duck'], shared: ['shop:1'] },
  isClean: async (world) => assert.deepEqual(await toyFiles(world), []),
  isDone: async (world) => {
    assert.deepEqual(await toyFiles(world), ['catalogue', 'duck.disk', 'duck.reserved'])
    assert.equal(await readToy(world, 'duck'), 'duck duck.disk\n')
  },
})

const withDisk = async () => {
  const world = await makeToyWorld()
  await writeFile(join(world, 'duck.disk'), 'bytes')
  return world
}

describe('proveSaga', () => {
  it('passes a saga that keeps the rules, after a crash at every write', async () => {
    const report = await proveSaga(creation())
    assert.ok(report.scenarios > 60, `${report.scenarios} scenarios`)
    assert.ok(report.crashes > 60, `${report.crashes} crashes`)
  })

  it('passes a saga that cannot be taken back from its second step on', async () => {
    await proveSaga({
      makeWorld: withDisk,
      destroyWorld: destroyToyWorld,
      saga: (world) => toyRemoval(world),
      params: { name: 'duck' },
      isClean: async (world) => assert.deepEqual(await toyFiles(world), ['duck.disk']),
      isDone: async (world) => assert.deepEqual(await toyFiles(world), []),
    })
  })

  const faults: [Fault, RegExp][] = [
    ['undo forgotten', /error at catalogue/],
    ['repeat appends', /crash before write|two writes a life/],
    ['repeat refuses', /EEXIST|ended/],
    ['undo not repeatable', /ENOENT|stuck/],
    ['undo needs its output', /crash/],
    ['memory instead of outputs', /crash/],
    ['undo always fails', /stuck/],
  ]
  for (const [fault, message] of faults)
    it(`catches a saga with the fault: ${fault}`, async () => {
      await assert.rejects(proveSaga(creation(fault)), (error) => {
        assert.ok(error instanceof ProofError, String(error))
        assert.match(error.message, message)
        assert.match(error.message, /^toy\.create: /)
        return true
      })
    })

  it('says of a world that is not as it should be which scenario left it so', async () => {
    const proof = { ...creation(), isDone: () => false }
    await assert.rejects(
      proveSaga(proof),
      /toy\.create: undisturbed: it ended done, but the world is not done/,
    )
  })
})
