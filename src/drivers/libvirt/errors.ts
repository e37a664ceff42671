// What libvirt says in words becomes what callers can act on.
import { AppError, type ErrorCode } from '../../core/errors.ts'
import { CommandError } from '../exec.ts'

interface Reading {
  pattern: RegExp
  code: ErrorCode
  say(match: RegExpExecArray): string
}

const readings: Reading[] = [
  {
    pattern: /failed to get domain|Domain not found/,
    code: 'not_found',
    say: () => 'libvirt has no such domain',
  },
  {
    pattern: /domain is not running|domain is not active/,
    code: 'conflict',
    say: () => 'the guest is not running',
  },
  {
    pattern: /cannot set up guest memory[^\n]*|Cannot allocate memory|cannot fork child process[^\n]*memory/,
    code: 'insufficient_capacity',
    say: () => 'the host has not enough free memory to start this guest; stop another or give it less',
  },
  {
    pattern:
      /(?:Could not open|Cannot access storage file|Failed to open file|unable to stat|open) '([^']+)'[^\n]*No such file/,
    code: 'unavailable',
    say: (match) => `the file '${match[1]}' is not there`,
  },
  {
    pattern:
      /(?:Could not open|Cannot access storage file|Failed to open file|open|Could not reopen file|unable to open) '([^']+)'[^\n]*Permission denied/,
    code: 'unavailable',
    say: (match) =>
      `QEMU may not open '${match[1]}': its user (libvirt-qemu) needs search permission on every directory above ` +
      `('namei -l ${match[1]}' shows them), and AppArmor must allow the path ('dmesg | grep DENIED')`,
  },
  {
    pattern: /Failed to get (?:shared )?"\w+" lock|is another process using the image/i,
    code: 'busy',
    say: () => 'another process has a disk of this guest open',
  },
  {
    pattern: /domain '([^']*)' (?:is )?already (?:defined|exists) with uuid|domain '([^']*)' already exists/,
    code: 'conflict',
    say: (match) => `libvirt has another domain named '${match[1] ?? match[2]}'`,
  },
  {
    pattern: /Network not found: no network with matching name '([^']*)'|network '([^']*)' is not active/,
    code: 'unavailable',
    say: (match) => `the libvirt network '${match[1] ?? match[2]}' is not active`,
  },
  {
    pattern: /Unable to add bridge (\S+)|Cannot get interface MTU on '([^']*)'/,
    code: 'unavailable',
    say: (match) => `the bridge '${match[1] ?? match[2]}' is not there`,
  },
  {
    pattern: /invalid path \S+ not assigned to domain/,
    code: 'not_found',
    say: () => 'the guest has no such disk',
  },
  {
    pattern: /qdisc kind is unknown|tc qdisc add[^\n]*unexpected exit status/,
    code: 'unsupported',
    say: () => 'the kernel of this host cannot limit network bandwidth (it lacks the schedulers htb and sfq)',
  },
  {
    pattern: /guest agent is not (?:connected|responding|available|configured)[^\n]*|QEMU guest agent[^\n]*/i,
    code: 'unavailable',
    say: () => 'the guest agent does not answer; install and start qemu-guest-agent in the guest',
  },
  {
    pattern: /cannot acquire state change lock[^\n]*/,
    code: 'busy',
    say: (match) => `libvirt is still busy with this guest: ${match[0]}`,
  },
  {
    pattern: /Could not access KVM kernel module|failed to initialize kvm|KVM is not available/i,
    code: 'unavailable',
    say: () => 'KVM cannot be used on this host; see `nacelle doctor`',
  },
  {
    pattern:
      /failed to connect to the hypervisor|Failed to connect socket|Cannot recv data|End of file while reading/,
    code: 'unavailable',
    say: () => 'libvirt does not answer; mend it with: systemctl restart libvirtd',
  },
]

/** Turns a failed virsh into an AppError where its words are understood; everything else passes unchanged. */
export function understood(error: unknown): unknown {
  if (!(error instanceof CommandError)) return error
  return reading(error.stderr, error) ?? error
}

/** The same for the error text of an interactive virsh. */
export function reading(words: string, cause?: unknown): AppError | undefined {
  for (const { pattern, code, say } of readings) {
    const match = pattern.exec(words)
    if (match) return new AppError(code, say(match), { cause, details: { libvirt: lastWords(words) } })
  }
  return undefined
}

const lastWords = (words: string) =>
  words
    .replace(/^error: /gm, '')
    .trim()
    .slice(0, 600)

/** Whether libvirt's words match, in whichever form the error has come up. */
export function says(error: unknown, pattern: RegExp): boolean {
  if (error instanceof CommandError) return pattern.test(error.stderr)
  if (!(error instanceof AppError)) return error instanceof Error && pattern.test(error.message)
  return pattern.test(String(error.details?.['libvirt'] ?? ''))
}
