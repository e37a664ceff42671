import type { Change, Zone } from '../../zone/zone.ts'

/** A line for operators that goes with a commit. */
export type LogLine = (who: string, text: string) => Change

const words: Readonly<Record<string, (...names: string[]) => string>> = {
  'setup.complete': (user) => `set the appliance up with the first administrator ${user}`,
  'user.create': (user) => `created user ${user}`,
  'user.remove': (user) => `deleted user ${user}`,
  'user.password': (user) => `changed the password of user ${user}`,
  'group.create': (group) => `created user group ${group}`,
  'group.modify': (group) => `changed user group ${group}`,
  'group.remove': (group) => `deleted user group ${group}`,
  'group.add_member': (group, user) => `added user ${user} to user group ${group}`,
  'group.remove_member': (group, user) => `removed user ${user} from user group ${group}`,
  'group.share': (group) => `changed what the members of user group ${group} share`,
  'role.create': (role) => `created role ${role}`,
  'role.modify': (role) => `changed role ${role}`,
  'role.remove': (role) => `deleted role ${role}`,
}

/** The zone as the services of people write it: their commits also add a line to the log, all or nothing. */
export function withLogLines(zone: Zone, line: LogLine): Zone {
  const lineOf = (who: string, action: string, changes: readonly Change[]): Change[] => {
    const [verb = '', ...names] = action.split(' ')
    // The tokens of a user who is deleted go in commits of their own, as full as they may be.
    const text = changes.every(({ table }) => table === 'token') ? undefined : words[verb]?.(...names)
    return text === undefined ? [] : [line(who, text)]
  }
  return {
    db: zone.db,
    revision: () => zone.revision(),
    subscribe: (listener) => zone.subscribe(listener),
    eventsSince: (revision, limit) => zone.eventsSince(revision, limit),
    commit: (info, changes) =>
      zone.commit(info, info.dryRun ? changes : [...changes, ...lineOf(info.who, info.action, changes)]),
  }
}
