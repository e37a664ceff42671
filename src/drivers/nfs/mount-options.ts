import { invalid } from '../../core/errors.ts'

const number = /^\d{1,9}$/
const flag = /^$/

/** What an operator may say, and what its value looks like. Anything else could turn a pool into a way into the host. */
const allowed: Record<string, RegExp> = {
  vers: /^(3|4|4\.0|4\.1|4\.2)$/,
  nfsvers: /^(3|4|4\.0|4\.1|4\.2)$/,
  proto: /^(tcp|tcp6|rdma)$/,
  port: number,
  mountport: number,
  timeo: number,
  retrans: number,
  rsize: number,
  wsize: number,
  nconnect: /^([1-9]|1[0-6])$/,
  sec: /^(sys|krb5|krb5i|krb5p)$/,
  acregmin: number,
  acregmax: number,
  acdirmin: number,
  acdirmax: number,
  actimeo: number,
  lookupcache: /^(all|pos|positive|none)$/,
  noatime: flag,
  sync: flag,
  rdirplus: flag,
  nordirplus: flag,
}

/** What cannot be had, with the reason. */
const refusals: Record<string, string> = {
  soft: 'a soft mount gives a guest errors and can lose its writes; a lost server hangs nothing but the guest without it',
  softerr: 'it gives a guest errors and can lose its writes',
  ro: 'a pool is written to',
  nolock: 'without locks two hosts could open one disk',
  suid: 'nothing on a pool is run',
  dev: 'nothing on a pool is a device',
  exec: 'nothing on a pool is run',
  bg: 'the appliance itself tries again',
}

const defaults = { vers: '4.2', timeo: '600', retrans: '2' }

/** The options of the mount, joined: ours, and those of the pool. Throws `invalid` for one that is not allowed. */
export function mountOptions(given: string): string {
  const own: Record<string, string> = {}
  for (const part of given === '' ? [] : given.split(',')) {
    const [name = '', value = ''] = part.split('=')
    check(name, value)
    own[name === 'nfsvers' ? 'vers' : name] = value
  }
  const merged = { ...defaults, ...own }
  const words = Object.entries(merged).map(([name, value]) => (value === '' ? name : `${name}=${value}`))
  // hard: see the decision record. retry=0: the appliance tries again by itself.
  return ['hard', 'retry=0', 'nosuid', 'nodev', 'noexec', ...words].join(',')
}

function check(name: string, value: string): void {
  const refusal = Object.hasOwn(refusals, name) ? refusals[name] : undefined
  if (refusal) throw invalid('options', `the mount option '${name}' cannot be used: ${refusal}`)
  const pattern = Object.hasOwn(allowed, name) ? allowed[name] : undefined
  if (!pattern)
    throw invalid(
      'options',
      `'${name}' is none of the mount options that can be set: ${Object.keys(allowed).join(', ')}`,
    )
  if (!pattern.test(value)) throw invalid('options', `the mount option '${name}' cannot be '${value}'`)
}
