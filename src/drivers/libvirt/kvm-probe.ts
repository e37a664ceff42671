// Whether KVM really runs a guest here: a device node, a module and a working ioctl prove nothing on nested hosts.
import { AppError } from '../../core/errors.ts'
import { CommandError, run } from '../exec.ts'

const romBytes = 65_536
const codeOffset = 0xff00
const resetVector = 0xfff0
const debugExitPort = 0xf4
/** isa-debug-exit ends QEMU with (value << 1) | 1. */
const exitValue = 0x10
const expectedExit = (exitValue << 1) | 1

/** A firmware of a few instructions: count a million down, then write to the debug exit port. */
function probeRom(): Uint8Array {
  const rom = new Uint8Array(romBytes).fill(0xf4) // hlt
  // mov ecx, 0x100000; loop $ (by ecx); mov al, value; out port, al; hlt; jmp $-1
  const code = [0x66, 0xb9, 0, 0, 0x10, 0, 0x67, 0xe2, 0xfd]
  rom.set([...code, 0xb0, exitValue, 0xe6, debugExitPort, 0xf4, 0xeb, 0xfd], codeOffset)
  const jump = (codeOffset - (resetVector + 3)) & 0xffff
  rom.set([0xe9, jump & 0xff, jump >> 8], resetVector)
  return rom
}

const machine = ['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-m', '4']

/**
 * Runs the probe guest; resolves to an empty text when it ran, else to the reason why not. Takes at most `timeoutMs`.
 * Throws `unavailable` when QEMU is not installed.
 */
export async function probeAccelerator(accelerator: 'kvm' | 'tcg', timeoutMs = 2_500): Promise<string> {
  const words = ['-machine', `pc,accel=${accelerator}`, ...machine, '-bios', '/dev/fd/3']
  const device = ['-device', `isa-debug-exit,iobase=${debugExitPort},iosize=1`]
  try {
    await run('qemu-system-x86_64', [...words, ...device], { timeoutMs, inputs: [probeRom()] })
    return 'QEMU ended before the probe guest had run'
  } catch (error) {
    if (error instanceof AppError) throw error
    if (!(error instanceof CommandError)) return `the probe guest could not be started: ${String(error)}`
    return outcome(error, timeoutMs)
  }
}

function outcome(error: CommandError, timeoutMs: number): string {
  if (error.exitCode === expectedExit) return ''
  if (error.timedOut) return `a guest on KVM hangs: no instruction result within ${timeoutMs} ms`
  const words = error.stderr.trim().split('\n')
  return words.at(-1)?.replace(/^qemu-system-x86_64: /, '') || `QEMU ended with ${error.exitCode}`
}
