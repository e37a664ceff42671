import type { Saga, Step } from '../../tasks/saga.ts'
import { AppError } from '../errors.ts'
import { type Expecting, requireVersion } from '../expected-version.ts'
import type { GuestDeps } from './deps.ts'
import { readGuest, readReadyGuest, update } from './record.ts'
import { can } from './rules.ts'

export interface AuthParams extends Expecting {
  id: string
  name: string
  user: string
  /** Encrypted for `guest:<id>:admin`. */
  secret: string
}

const agentTimeoutMs = 3_000

export const guestAuth = (deps: GuestDeps): Saga<AuthParams> => ({
  kind: 'guest.auth',
  title: ({ name, user }) => `Set the password of ${user} in ${name}`,
  check: (params) => checkAgent(deps, params),
  steps: [reach(deps), setPassword(deps), record(deps)],
})

const reach = (deps: GuestDeps): Step<AuthParams> => ({
  name: 'reach the agent',
  describe: () => [{ effect: 'ask the guest agent whether it is there' }],
  run: ({ params }) => checkAgent(deps, params),
})

async function checkAgent(deps: GuestDeps, params: AuthParams): Promise<void> {
  const { id } = params
  const guest = readReadyGuest(deps.zone, id)
  requireVersion(guest, params)
  if (!can('setPassword', await deps.live.look(id)))
    throw new AppError(
      'conflict',
      `guest '${guest.name}' must be running, so that its agent can set the password`,
    )
  if (!(await deps.hypervisor.agent.ping(id, agentTimeoutMs))) throw noAgent(guest.name)
}

export const noAgent = (name: string) =>
  new AppError(
    'conflict',
    `the guest agent in '${name}' does not answer; install and start qemu-guest-agent inside the guest`,
  )

const setPassword = (deps: GuestDeps): Step<AuthParams> => ({
  name: 'set',
  irreversible: true,
  describe: ({ id, user }) => [
    {
      effect: `set the password of '${user}' inside the guest`,
      commands: deps.hypervisor.commands.setPassword(id, user),
    },
  ],
  run: ({ params }) =>
    deps.hypervisor.agent.setPassword(
      params.id,
      params.user,
      deps.secrets.decrypt(params.secret, `guest:${params.id}:admin`),
    ),
})

const record = (deps: GuestDeps): Step<AuthParams> => ({
  name: 'record',
  describe: () => [{ effect: 'keep the password, encrypted' }],
  async run({ params, commit, who }) {
    const guest = readGuest(deps.zone, params.id)
    if (guest.adminSecret === params.secret && guest.adminName === params.user) return
    await deps.zone.commit({ ...commit, action: `guest.auth ${guest.name}` }, [
      update('guest', guest, { adminSecret: params.secret, adminName: params.user }),
      deps.logLine(who, `set the password of ${params.user} in guest ${guest.group}.${guest.name}`),
    ])
  },
})
