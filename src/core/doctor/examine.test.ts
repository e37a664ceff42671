import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Principal, systemContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { createDoctorService } from './doctor.ts'
import { type Check, check, examine } from './examine.ts'
import { type Finding, ok, type Report, report, warning } from './finding.ts'
import { reportText } from './text.ts'

const looking = (look: Check['look']): Check => ({ id: 'x', title: 'X', look })
const only = async (look: Check['look'], deadlineMs = 1_000) =>
  (await examine([looking(look)], deadlineMs))[0] as Finding

test('what cannot be looked at is unknown, with the mend where there is one', async () => {
  const denied = Object.assign(new Error('EACCES: open'), { code: 'EACCES' })
  const missing = new AppError('unavailable', 'the program nft is not installed; mend it with: apt', {
    details: { package: 'nftables' },
  })
  const cases: [error: unknown, detail: RegExp, mend: string | null][] = [
    [denied, /only root/, 'sudo nacelle doctor'],
    [missing, /^the program nft is not installed$/, 'apt-get install nftables'],
    [new Error('odd'), /could not be looked at: odd/, null],
    ['text', /text/, null],
  ]
  for (const [error, detail, mend] of cases) {
    const finding = await only(() => Promise.reject(error))
    assert.deepEqual([finding.state, finding.mend], ['unknown', mend])
    assert.match(finding.detail, detail)
  }
  const thrown = await only(() => {
    throw new Error('at once')
  })
  assert.match(thrown.detail, /at once/)
})

test('a check that hangs ends at its deadline, is told so, and delays no other', async () => {
  let aborted = false
  const hung = looking(
    (signal) =>
      new Promise(() => {
        signal.addEventListener('abort', () => {
          aborted = true
        })
      }),
  )
  const started = performance.now()
  const findings = await examine([hung, hung, looking(async () => ok('fine'))], 100)
  assert.ok(performance.now() - started < 1_000)
  assert.deepEqual(
    findings.map(({ state }) => state),
    ['unknown', 'unknown', 'ok'],
  )
  assert.match(findings[0]?.detail ?? '', /no answer within 0\.1 s/)
  assert.ok(aborted)
})

test('a check hands its facts to its judge', async () => {
  const one = check({ id: 'n', title: 'N', gather: async () => 7, judge: (n) => warning(`has ${n}`, 'fix') })
  assert.deepEqual(await examine([one], 1_000), [
    { id: 'n', title: 'N', state: 'warning', detail: 'has 7', mend: 'fix' },
  ])
})

const finding = (state: Finding['state'], mend: string | null = null): Finding => ({
  id: state,
  title: state.toUpperCase(),
  state,
  detail: 'as\u001b[31mit\nis',
  mend,
})

test('the exit code is that of the worst finding; unknown ones do not count', () => {
  const exit = (...states: Finding['state'][]) =>
    report(
      '1',
      states.map((state) => finding(state)),
    ).exit
  assert.deepEqual(
    [exit(), exit('ok', 'unknown'), exit('ok', 'warning'), exit('warning', 'error', 'ok')],
    [0, 0, 1, 2],
  )
})

test('the text is aligned, keeps to one line each, and lets no control character through', () => {
  const seen = report('1.2', [finding('ok'), finding('warning', 'mend it')])
  assert.equal(
    reportText(seen, (_state, text) => text),
    [
      'ok       OK       as [31mit is',
      'warning  WARNING  as [31mit is',
      '                  → mend it',
      '',
      'Nacelle 1.2: 1 warning, 1 ok',
      '',
    ].join('\n'),
  )
})

const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

test('the service needs a permission, and callers at the same time share one look', async () => {
  let looks = 0
  const seen: Report = report('1', [])
  const service = createDoctorService(async () => {
    looks += 1
    return seen
  })
  const op = systemContext(silent)
  assert.deepEqual(await Promise.all([service.examine(op), service.examine(op)]), [seen, seen])
  assert.equal(looks, 1)
  await service.examine(op)
  assert.equal(looks, 2)
  const who: Principal = { name: 'ann', kind: 'user', groups: [], permissions: new Set(['guest.read']) }
  await assert.rejects(service.examine({ ...op, who }), { code: 'forbidden' })
})
