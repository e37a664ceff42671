import { Command, Option } from 'commander'
import { ConfigError, defaultConfigFile, type Flags } from './config.ts'
import type { BridgeFlags } from './main/host-bridge.ts'
import { version } from './packaging/version.ts'

// Each command loads what it needs, and nothing of what the others need.
const commands = () => import('./main/commands.ts')

const program = new Command('nacelle')
  .description('A hypervisor appliance in one file: REST API, web UI and consoles over libvirt and QEMU.')
  .version(version.version, '-V, --version', 'print the version and exit')
  .showHelpAfterError('(see nacelle --help)')
  .configureHelp({ sortSubcommands: false, showGlobalOptions: true })
  .addHelpText(
    'after',
    `
Precedence of settings: flag, environment, configuration file, default.
Documentation: docs/ of the source tree; the running appliance serves its API document at /api-docs.`,
  )

const withConfig = (command: Command) =>
  command
    .addOption(
      new Option('--config <file>', 'configuration file (TOML) [NACELLE_CONFIG]').default(
        undefined,
        defaultConfigFile,
      ),
    )
    .addOption(
      new Option('--data-dir <dir>', 'where state and disks are kept [NACELLE_DATA_DIR]').default(
        undefined,
        '/var/lib/nacelle',
      ),
    )

const withHost = (command: Command) =>
  withConfig(command)
    .addOption(
      new Option('--listen <url>', 'address to serve on [NACELLE_LISTEN]').default(
        undefined,
        'https://0.0.0.0:5870',
      ),
    )
    .addOption(
      new Option('--libvirt-uri <uri>', 'libvirt connection [NACELLE_LIBVIRT_URI]').default(
        undefined,
        'qemu:///system',
      ),
    )

withHost(program.command('serve'))
  .description('run the appliance in the foreground')
  .option('--insecure', 'allow plain http:// on an address that is not loopback [NACELLE_INSECURE=1]')
  .addHelpText(
    'after',
    "\nNACELLE_ADMIN_PASSWORD at the first start makes the administrator 'admin' without the set-up code.",
  )
  .action(async (flags: Flags) => (await import('./main/serve.ts')).serve(flags, process.env))

withHost(program.command('doctor'))
  .description('look at this host: what is wrong, and the command that mends it')
  .option('--json', 'as JSON: {version, findings: [{id, state, title, detail, mend}], exit}')
  .addHelpText(
    'after',
    '\nExit code: 0 nothing is wrong, 1 warnings, 2 errors. What it cannot see is unknown, and counts for neither.',
  )
  .action(async (flags: Flags & { json?: boolean }) =>
    (await import('./main/doctor.ts')).doctor(flags, process.env),
  )

program
  .command('version')
  .description('print version, commit and Node')
  .option('--json', 'as JSON')
  .action(({ json }: { json?: boolean }) => {
    const { version: number, commit, node } = version
    const text = `nacelle ${number}${commit ? ` (${commit})` : ''}, Node ${node}`
    process.stdout.write(`${json ? JSON.stringify(version) : text}\n`)
  })

const user = program.command('user').description('users of this appliance')
withConfig(user.command('reset-password'))
  .argument('<name>', 'name of the user')
  .description('give a user a new random password, print it, and end the sessions of that user')
  .action(async (name: string, flags: Flags) => (await commands()).resetPassword(flags, process.env, name))

const journal = program.command('journal').description('the audit journal')
withConfig(journal.command('verify'))
  .description('walk the hash chain and say whether anything was changed')
  .action(async (flags: Flags) => (await commands()).journalVerify(flags, process.env))

const host = program.command('host').description('this host as a whole')
withHost(host.command('shutdown-guests'))
  .description('stop the running guests in order and wait for it, as before the host goes down')
  .option('--timeout <seconds>', 'for all together; default: the setting host.shutdown_timeout_s')
  .action(async (flags: Flags & { timeout?: string }) =>
    (await import('./main/host-command.ts')).shutdownGuests(flags, process.env),
  )

const bridge = host
  .command('bridge')
  .description('a bridge on the LAN, for guests of a pool with the network mode plain')
withConfig(bridge.command('create'))
  .description(
    'move an interface of the LAN, with its addresses and routes, onto a new bridge; goes back unless confirmed',
  )
  .requiredOption('--interface <name>', "the LAN's interface, e.g. eth0")
  .option('--name <name>', 'name of the bridge', 'br0')
  .option('--seconds <seconds>', 'how long to wait for the confirmation', '60')
  .action(async (flags: BridgeFlags) =>
    (await import('./main/host-bridge.ts')).createHostBridge(flags, process.env),
  )
withConfig(bridge.command('confirm'))
  .description('keep the new bridge, also after a reboot')
  .action(async (flags: Flags) =>
    (await import('./main/host-bridge.ts')).confirmHostBridge(flags, process.env),
  )
withConfig(bridge.command('rollback'))
  .description('take the new bridge back at once')
  .action(async (flags: Flags) =>
    (await import('./main/host-bridge.ts')).rollBackHostBridge(flags, process.env),
  )

const task = program.command('task').description('tasks of this appliance')
withConfig(task.command('list'))
  .description('tasks that have not ended, or all')
  .option('--all', 'finished ones too')
  .option('--json', 'as JSON')
  .action(async (flags: Flags & { all?: boolean; json?: boolean }) =>
    (await commands()).taskList(flags, process.env),
  )
for (const [verb, words] of [
  ['show', 'a task with its steps'],
  ['cancel', 'stop a task and undo what it has done'],
  ['retry', 'a stuck task: try the failed undo again'],
  ['skip', 'a stuck task: the failed undo was done by hand, go on'],
  ['abandon', 'a stuck task: give up, keep its record, free its locks'],
] as const)
  withConfig(task.command(verb))
    .argument('<id>', 'id of the task')
    .description(words)
    .action(async (id: string, flags: Flags) => (await commands()).taskCommand(flags, process.env, verb, id))

program
  .command('rehearse', { hidden: true })
  .description('start on an empty directory, answer, and end; used by the build')
  .action(async () => (await import('./main/rehearsal.ts')).rehearse())

program
  .command('internal-store-worker', { hidden: true })
  .argument('<directory>')
  .description('the process behind a mounted storage pool; started by the appliance')
  .action(async (directory: string) => (await import('./main/store-worker.ts')).storeWorker(directory))

program
  .command('internal-host-bridge', { hidden: true })
  .argument('<directory>')
  .description('makes a bridge and takes it back unless it is confirmed; started by host bridge create')
  .action(async (directory: string) =>
    (await import('./main/host-bridge-watch.ts')).watchHostBridge(directory),
  )

program.parseAsync().catch((error: unknown) => {
  const known = error instanceof ConfigError || (error instanceof Error && error.name === 'AppError')
  const text = error instanceof Error ? (known ? error.message : error.stack) : String(error)
  process.stderr.write(`nacelle: ${text}\n`)
  process.exit(1)
})
