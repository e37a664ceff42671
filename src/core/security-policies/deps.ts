import type { Tasks } from '../../tasks/saga.ts'
import type { Change, Zone } from '../../zone/zone.ts'
import type { Enforcer } from './enforce.ts'

export interface PolicyDeps {
  zone: Zone
  tasks: Pick<Tasks, 'holder'>
  enforcer: Pick<Enforcer, 'enforce'>
  /** Name of the cell that this appliance is. */
  cell: string
  now(): number
  /** A line for /logs/ to go with a commit. */
  logLine(who: string, text: string): Change
}
