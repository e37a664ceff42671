// What the API document of the original writes, and what its clients use beside it: every operation that must be there.
import { readFileSync } from 'node:fs'

/** Method and path with `{parameters}` and no trailing slash, e.g. `PUT /guest/{id}/cores`. */
export type OperationName = `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`

const blueprint = new URL('../../../docs/reference/nano-api.apib', import.meta.url)

/** The operations of the API Blueprint, in its order, as it writes them. */
export function documented(): OperationName[] {
  const operations: OperationName[] = []
  let resource = ''
  for (const line of readFileSync(blueprint, 'utf8').split('\n')) {
    const heading = /^(##+) .*\[([^\]]+)\]\s*$/.exec(line)
    if (!heading) continue
    const [, level = '', inside = ''] = heading
    if (level === '##') resource = inside
    else operations.push(named(inside, resource))
  }
  return operations
}

function named(inside: string, resource: string): OperationName {
  const [method = '', path = resource] = inside.split(' ')
  const plain = path.length > 1 ? path.replace(/\/$/, '') : path
  return atCollection(`${method.toUpperCase()} ${plain}` as OperationName)
}

/** What is yet to be made has no id, though the document writes one: such creations are those of the collection. */
const atCollection = (name: OperationName): OperationName =>
  /^POST \/(monitor_channels|media_images|disk_images|migrations|batch\/\w+)\/\{id\}$/.test(name)
    ? (name.replace('/{id}', '') as OperationName)
    : name

const crud = (collection: string, methods = ['GET', 'PUT', 'DELETE']): OperationName[] => [
  `GET ${collection}` as OperationName,
  `POST ${collection}` as OperationName,
  ...methods.map((method) => `${method} ${collection}/{id}` as OperationName),
]

const rules = (base: string): OperationName[] => [
  `GET ${base}/rules` as OperationName,
  `POST ${base}/rules` as OperationName,
  ...['GET', 'PUT', 'DELETE'].map((method) => `${method} ${base}/rules/{index}` as OperationName),
  `PUT ${base}/rules/{index}/order` as OperationName,
]

/** Both generations of the paths below a guest. */
const ofGuest = (base: string): OperationName[] => [
  ...['auto_start', 'qos/cpu', 'qos/disk', 'qos/network', 'monitor/secret'].map(
    (rest) => `PUT ${base}/${rest}` as OperationName,
  ),
  `GET ${base}/security_policy` as OperationName,
  `PUT ${base}/security_policy/default_action` as OperationName,
  ...rules(`${base}/security_policy`),
]

/** What the document lacks and the original's later clients use. */
export const undocumented: readonly OperationName[] = [
  'GET /system',
  'POST /system',
  'POST /search/guests',
  ...crud('/templates'),
  ...crud('/security_policy_groups'),
  ...rules('/security_policy_groups/{id}'),
  'GET /search/security_policy_groups',
  'GET /resource_visibilities',
  'PUT /resource_visibilities',
  'GET /compute_cell_status/{pool}/{cell}/storages',
  'PUT /compute_cell_status/{pool}/{cell}/storages',
  ...ofGuest('/guest/{id}'),
  ...ofGuest('/guests/{id}'),
  ...['cores', 'memory', 'disks/resize/{disk}', 'disks/shrink/{disk}', 'system', 'auth', 'name'].map(
    (rest) => `PUT /guests/{id}/${rest}` as OperationName,
  ),
  'GET /guests/{id}/auth',
  'POST /batch/stop_guest',
  'GET /batch/stop_guest/{id}',
  'GET /media_images',
  'GET /media_image_search',
  'GET /disk_images',
  'PATCH /media_images',
  'PATCH /disk_images',
  'GET /media_images/{id}/file',
  'POST /media_images/{id}/file',
  'GET /disk_image_files/{id}',
  'POST /disk_image_files/{id}',
  'GET /disk_images/{id}/file',
  'POST /disk_images/{id}/file',
  // The newer shape, an object with the total; at the root it is the document's list.
  'GET /api/v1/logs',
  'DELETE /logs',
]

/** What has no case of that sort while the zone has one cell, or at all. */
export const without: Partial<Record<OperationName, { case: 'good' | 'bad'; why: string }>> = {
  'POST /migrations': { case: 'good', why: 'guests move only to another cell, and the zone has one' },
  'GET /migrations/{id}': { case: 'good', why: 'there is no migration without another cell' },
  'GET /system': { case: 'bad', why: 'it is public and takes nothing that could be wrong' },
}
