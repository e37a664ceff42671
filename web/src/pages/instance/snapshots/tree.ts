// The tree of snapshots as rows with lanes, as histories of versions are drawn: what goes on straight stays in its lane.

export interface TreeEntry {
  is_root?: boolean
  is_current?: boolean
  backing?: string
}

export interface TreeRow {
  /** The snapshot; undefined for the place where the guest is now. */
  name: string | undefined
  /** On which it stands. */
  parent: string | undefined
  /** From 1. */
  level: number
  position: number
  setSize: number
  lane: number
  /** Of the row that it comes from; undefined for a root. */
  parentLane: number | undefined
  /** Whether something stands on it. */
  hasBelow: boolean
  /** Lanes whose line only passes. */
  passing: number[]
}

interface Node {
  name: string | undefined
  parent: string | undefined
  children: Node[]
}

/**
 * Rows in the order in which they are drawn: side branches before what goes on straight, which is the way to the present
 * place of the guest and else the latest. The present place is a row of its own.
 */
export function treeRows(tree: Readonly<Record<string, TreeEntry>>): TreeRow[] {
  const roots = nodesOf(tree)
  const rows: TreeRow[] = []
  for (const [index, root] of roots.entries())
    add(rows, root, {
      level: 1,
      position: index + 1,
      setSize: roots.length,
      lane: 0,
      parentLane: undefined,
      passing: [],
    })
  return rows
}

/** Snapshots that stand on `name`. */
export const standingOn = (tree: Readonly<Record<string, TreeEntry>>, name: string): string[] =>
  Object.keys(tree).filter((other) => tree[other]?.backing === name)

export const currentOf = (tree: Readonly<Record<string, TreeEntry>>): string | undefined =>
  Object.keys(tree).find((name) => tree[name]?.is_current)

function nodesOf(tree: Readonly<Record<string, TreeEntry>>): Node[] {
  const nodes = new Map<string, Node>(
    Object.entries(tree).map(([name, { backing }]) => [name, { name, parent: backing, children: [] }]),
  )
  const current = currentOf(tree)
  const here: Node = { name: undefined, parent: current, children: [] }
  const roots: Node[] = []
  for (const node of [...nodes.values(), here]) {
    const parent = node.parent === undefined ? undefined : nodes.get(node.parent)
    if (parent) parent.children.push(node)
    else roots.push(node)
  }
  return roots
}

const leadsHere = (node: Node): boolean => node.name === undefined || node.children.some(leadsHere)

type Place = Pick<TreeRow, 'level' | 'position' | 'setSize' | 'lane' | 'parentLane' | 'passing'>

function add(rows: TreeRow[], node: Node, place: Place): void {
  const { children } = node
  const straight = children.find(leadsHere) ?? children.at(-1)
  rows.push({ name: node.name, parent: node.parent, hasBelow: children.length > 0, ...place })
  const sides = children.filter((child) => child !== straight)
  const ordered = straight ? [...sides, straight] : []
  for (const [index, child] of ordered.entries())
    add(rows, child, {
      level: place.level + 1,
      position: index + 1,
      setSize: children.length,
      lane: child === straight ? place.lane : place.lane + 1,
      parentLane: place.lane,
      // Beside a side branch the straight line goes on to its end.
      passing: child === straight ? place.passing : [...place.passing, place.lane],
    })
}
