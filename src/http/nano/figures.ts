import * as v from 'valibot'
import type { Chart, ChartRequest, ChartSubject } from '../../core/figures/charts.ts'
import type { FigureField } from '../../core/figures/figure.ts'
import type { FiguresService } from '../../core/figures/figures.ts'
import type { Permission } from '../../core/identity/permissions.ts'
import { type ObjectSchema, type Operation, operation } from '../operation.ts'
import { timeText } from './guest-wire.ts'
import { text, timeQuery, whole, wholeText } from './identity-schemas.ts'

const tag = 'Figures'

/** As the status pages call them. */
const fieldNames = {
  cpu_usage: 'cpuUsagePercent',
  available_memory: 'memoryAvailableBytes',
  available_disk: 'diskAvailableBytes',
  read_speed: 'readBytesPerSecond',
  write_speed: 'writeBytesPerSecond',
  receive_speed: 'receiveBytesPerSecond',
  send_speed: 'sendBytesPerSecond',
} as const satisfies Record<string, FigureField>

type FieldName = keyof typeof fieldNames

const allFields = Object.keys(fieldNames) as FieldName[]
const isField = (name: string): name is FieldName => Object.hasOwn(fieldNames, name)

/** A time as text, or seconds since 1970. */
const moment = (description: string) =>
  v.union(
    [
      v.pipe(
        v.string(),
        v.regex(/^\d{9,11}$/),
        v.transform((seconds) => Number(seconds) * 1000),
        v.description(`${description} Seconds since 1970.`),
      ),
      timeQuery(`${description} A time; without a zone UTC.`),
    ],
    "must be a time like '2026-01-31 14:57:39' (UTC), or seconds since 1970",
  )

const query = v.object({
  from: v.optional(moment('Begin, at most 30 days ago; left out, an hour before the end.')),
  to: v.optional(moment('End; left out, now.')),
  step: v.optional(
    wholeText(
      'Seconds from point to point: a multiple of 10, from 600 on one of 600; below 600 for the last hour only. ' +
        'Left out: as fine as there is, with at most 720 points.',
      10,
      30 * 86_400,
    ),
  ),
  fields: v.optional(
    v.pipe(
      v.string('must be text'),
      v.transform((list) => list.split(',')),
      v.check(
        (list) => list.every(isField),
        `must be a list of ${allFields.join(', ')}, with commas between them`,
      ),
      v.transform((list) => list.filter(isField)),
      v.description('Which figures, with commas between them; left out, all.'),
    ),
  ),
})

const points = (description: string) => v.pipe(v.array(v.nullable(v.number())), v.description(description))

const reply = v.pipe(
  v.object({
    from: v.pipe(v.string(), v.description('Begin of the first point; UTC.')),
    start: whole('The same in seconds since 1970.'),
    step: whole('Seconds from point to point.'),
    points: whole('How many points each list has.'),
    series: v.pipe(
      v.record(
        v.picklist(allFields),
        v.object({
          avg: points('Average of each step; null where nothing is known.'),
          min: points('Smallest of what the average is made of.'),
          max: points('Largest of what the average is made of.'),
        }),
      ),
      v.description('Percent, bytes, and bytes per second.'),
    ),
  }),
  v.metadata({ ref: 'FigureSeries' }),
)

const description =
  'Ten-second averages of the last hour, ten-minute summaries of the last 30 days. Stored values are rounded to 1 in 500.'

interface Route {
  id: string
  path: string
  summary: string
  params?: ObjectSchema
  access: Permission
  subject(params: Record<string, string>): ChartSubject
}

const pool = text('Name of the compute pool.')

const routes: Route[] = [
  {
    id: 'figures.zone',
    path: '/figures/zone',
    summary: 'What the zone did, for charts',
    access: 'compute.read',
    subject: () => ({ of: 'zone' }),
  },
  {
    id: 'figures.pool',
    path: '/figures/pools/:pool',
    summary: 'What a compute pool did, for charts',
    params: v.object({ pool }),
    access: 'compute.read',
    subject: (params) => ({ of: 'pool', pool: params['pool'] ?? '' }),
  },
  {
    id: 'figures.cell',
    path: '/figures/cells/:pool/:cell',
    summary: 'What a cell did, for charts',
    params: v.object({ pool, cell: text('Name of the cell.') }),
    access: 'compute.read',
    subject: (params) => ({ of: 'cell', pool: params['pool'] ?? '', cell: params['cell'] ?? '' }),
  },
  {
    id: 'figures.guest',
    path: '/figures/guests/:id',
    summary: 'What a guest did, for charts',
    params: v.object({ id: text('Id of the guest.') }),
    access: 'guest.read',
    subject: (params) => ({ of: 'guest', id: params['id'] ?? '' }),
  },
]

export const figureOperations = ({ figures }: { figures: FiguresService }): Operation[] =>
  routes.map(({ subject, ...route }) =>
    operation({
      ...route,
      method: 'GET',
      description,
      tag,
      query,
      reply,
      async handle(op, request) {
        const { from, to, step, fields = allFields } = request.query
        const wanted: ChartRequest = {
          fromMs: from,
          toMs: to,
          ...(step === undefined ? {} : { stepMs: step * 1000 }),
          fields: fields.map((name) => fieldNames[name]),
        }
        const chart = await figures.charts.read(op, subject(request.params as Record<string, string>), wanted)
        return { data: chartElement(chart, fields) }
      },
    }),
  )

function chartElement({ fromMs, stepMs, series }: Chart, fields: readonly FieldName[]) {
  const found = fields.flatMap((name) => {
    const summary = series.get(fieldNames[name])
    return summary ? [[name, summary] as const] : []
  })
  return {
    from: timeText(fromMs),
    start: fromMs / 1000,
    step: stepMs / 1000,
    points: found[0]?.[1].avg.length ?? 0,
    series: Object.fromEntries(
      found.map(([name, { avg, min, max }]) => [name, { avg: shown(avg), min: shown(min), max: shown(max) }]),
    ),
  }
}

/** JSON has no NaN. */
const shown = (values: Float64Array): (number | null)[] =>
  Array.from(values, (value) => (Number.isNaN(value) ? null : Math.round(value * 100) / 100))
