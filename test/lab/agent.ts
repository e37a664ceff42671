import { setTimeout as delay } from 'node:timers/promises'
import type { Lab } from './libvirt.ts'

type ExecStatus = { exited: boolean; exitcode?: number; 'out-data'?: string; 'err-data'?: string }

/** The guest agent of a running domain (name or UUID), asked through virsh. */
export class GuestAgent {
  readonly #lab: Lab
  readonly #domain: string

  constructor(lab: Lab, domain: string) {
    this.#lab = lab
    this.#domain = domain
  }

  /** Resolves with the milliseconds that it took until the agent answered. */
  async waitUntilReady(timeoutMs: number): Promise<number> {
    const begun = performance.now()
    for (;;) {
      const answer = await this.#ask('guest-ping', {}, true)
      const elapsedMs = performance.now() - begun
      if (answer.exitCode === 0) return elapsedMs
      if (elapsedMs > timeoutMs)
        throw new Error(`${this.#domain}: no agent in ${timeoutMs} ms: ${answer.stderr}`)
      await delay(200)
    }
  }

  async command(name: string, args: Record<string, unknown> = {}): Promise<unknown> {
    const { stdout } = await this.#ask(name, args, false)
    return (JSON.parse(stdout) as { return: unknown }).return
  }

  /** Runs `/bin/sh -c script` in the guest; throws unless it exits with 0. Answers its standard output. */
  async sh(script: string, timeoutMs = 30_000): Promise<string> {
    const started = await this.command('guest-exec', {
      path: '/bin/sh',
      arg: ['-c', script],
      'capture-output': true,
    })
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const status = (await this.command(
        'guest-exec-status',
        started as Record<string, unknown>,
      )) as ExecStatus
      if (status.exited) return outputOf(script, status)
      if (performance.now() > deadline)
        throw new Error(`in the guest: ${script}: not done in ${timeoutMs} ms`)
      await delay(100)
    }
  }

  #ask(execute: string, args: Record<string, unknown>, allowFailure: boolean) {
    const text = JSON.stringify({ execute, arguments: args })
    const words = ['-q', '-c', 'qemu:///system', 'qemu-agent-command', '--timeout', '10', this.#domain, text]
    return this.#lab.exec('virsh', words, { allowFailure })
  }
}

function outputOf(script: string, status: ExecStatus): string {
  const decode = (data: string | undefined) => Buffer.from(data ?? '', 'base64').toString()
  if (status.exitcode === 0) return decode(status['out-data'])
  throw new Error(`in the guest: ${script}: exit ${status.exitcode}: ${decode(status['err-data'])}`)
}
