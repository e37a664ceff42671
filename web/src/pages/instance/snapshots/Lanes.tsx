import type { TreeRow } from './tree.ts'

const width = 18
const height = 40
const middle = height / 2
const radius = 5

const x = (lane: number) => lane * width + width / 2

/** The lines of one row: what passes, where it comes from, its dot, and that something stands on it. */
export function Lanes({ row, lanes }: { row: TreeRow; lanes: number }) {
  const { lane, parentLane, passing, hasBelow, name } = row
  const paths = passing.map((one) => `M${x(one)} 0V${height}`)
  if (parentLane === lane) paths.push(`M${x(lane)} 0V${middle}`)
  if (parentLane !== undefined && parentLane !== lane)
    paths.push(
      `M${x(parentLane)} 0C${x(parentLane)} ${middle} ${x(parentLane)} ${middle} ${x(lane)} ${middle}`,
    )
  if (hasBelow) paths.push(`M${x(lane)} ${middle}V${height}`)
  return (
    <svg className="snapshot-lanes" width={lanes * width} height={height} aria-hidden="true">
      <path d={paths.join('')} />
      <circle className={name === undefined ? 'snapshot-here' : ''} cx={x(lane)} cy={middle} r={radius} />
    </svg>
  )
}
