import assert from 'node:assert/strict'
import { it } from 'node:test'
import { emptyInput, inputChange } from './soft-input.ts'

it('hears what was typed, erased and corrected', () => {
  assert.deepEqual(inputChange(emptyInput, `${emptyInput}ls`), { erased: 0, typed: 'ls' })
  assert.deepEqual(inputChange(`${emptyInput}ls`, `${emptyInput}l`), { erased: 1, typed: '' })
  assert.deepEqual(inputChange(emptyInput, emptyInput.slice(1)), { erased: 1, typed: '' })
  assert.deepEqual(inputChange(`${emptyInput}teh`, `${emptyInput}the `), { erased: 2, typed: 'he ' })
})
