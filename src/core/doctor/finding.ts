// What a look at the host comes to. Everything in this folder is pure but for examine.ts: facts in, words out.

export type FindingState = 'ok' | 'warning' | 'error' | 'unknown'

export interface Finding {
  /** Stable, e.g. `kvm`, `tool.virsh`. */
  id: string
  state: FindingState
  /** What was looked at, in a few words. */
  title: string
  /** What was found, in a sentence. */
  detail: string
  /** The command, or the act where no command can do it, that puts it right; null where nothing is wrong. */
  mend: string | null
}

/** What a judge says of the facts; the check adds id and title. */
export type Verdict = Pick<Finding, 'state' | 'detail' | 'mend'>

export const ok = (detail: string): Verdict => ({ state: 'ok', detail, mend: null })
export const warning = (detail: string, mend: string): Verdict => ({ state: 'warning', detail, mend })
export const failing = (detail: string, mend: string): Verdict => ({ state: 'error', detail, mend })
export const unknown = (detail: string, mend: string | null = null): Verdict => ({
  state: 'unknown',
  detail,
  mend,
})

/** Of the host as a whole: it decides what can be seen and how things are mended. */
export interface Surroundings {
  /** Whether this runs as root; others cannot see everything. */
  root: boolean
  /** Whether systemd is the init system that runs. */
  systemd: boolean
}

export const seeAll = 'sudo nacelle doctor'

export interface Report {
  version: string
  findings: Finding[]
  /** 0: nothing is wrong (what is unknown does not count), 1: warnings, 2: errors. */
  exit: 0 | 1 | 2
}

export function report(version: string, findings: Finding[]): Report {
  const has = (state: FindingState) => findings.some((finding) => finding.state === state)
  return { version, findings, exit: has('error') ? 2 : has('warning') ? 1 : 0 }
}

/** One argument of a shell command that a person may paste. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
