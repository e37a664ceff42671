import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { currentOf, standingOn, treeRows } from './tree.ts'

const tree = {
  'before-upgrade': { is_root: true },
  experiment: { backing: 'before-upgrade' },
  variant: { backing: 'experiment' },
  upgraded: { backing: 'before-upgrade' },
  tuned: { backing: 'upgraded', is_current: true },
}

describe('the rows of a tree of snapshots', () => {
  it('keep what leads to the present place in one lane, and side branches before it', () => {
    assert.deepEqual(
      treeRows(tree).map(({ name, lane, parentLane, passing }) => [name, lane, parentLane, passing]),
      [
        ['before-upgrade', 0, undefined, []],
        ['experiment', 1, 0, [0]],
        ['variant', 1, 1, [0]],
        ['upgraded', 0, 0, []],
        ['tuned', 0, 0, []],
        [undefined, 0, 0, []],
      ],
    )
  })

  it('say for screen readers how deep and the how manieth each is', () => {
    assert.deepEqual(
      treeRows(tree).map(({ level, position, setSize }) => [level, position, setSize]),
      [
        [1, 1, 1],
        [2, 1, 2],
        [3, 1, 1],
        [2, 2, 2],
        [3, 1, 1],
        [4, 1, 1],
      ],
    )
  })

  it('have the present place as a root where it stands on nothing', () => {
    const rows = treeRows({ a: { is_root: true } })
    assert.deepEqual(
      rows.map(({ name, parentLane, hasBelow }) => [name, parentLane, hasBelow]),
      [
        ['a', undefined, false],
        [undefined, undefined, false],
      ],
    )
  })

  it('show what stands on something unknown', () => {
    assert.equal(treeRows({ a: { backing: 'gone', is_current: true } }).length, 2)
  })

  it('know what stands on a snapshot, and where the guest is', () => {
    assert.deepEqual(standingOn(tree, 'before-upgrade'), ['experiment', 'upgraded'])
    assert.deepEqual(standingOn(tree, 'tuned'), [])
    assert.equal(currentOf(tree), 'tuned')
    assert.equal(currentOf({}), undefined)
  })
})
