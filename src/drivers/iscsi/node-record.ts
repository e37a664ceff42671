// The password of a session lies in iscsiadm's record file. `--op update` takes it as an argument, which every user of the
// host can read, and it has no other way in; so the file is written here as iscsiadm itself would write it.
import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Node } from './iscsiadm.ts'

export interface RecordFiles {
  /** Paths of the records of a node. */
  list(node: Node): Promise<string[]>
  read(path: string): Promise<string>
  /** Replaces it in one step, readable by root alone. */
  write(path: string, text: string): Promise<void>
}

/** Where Debian keeps them; later versions of open-iscsi use the second. */
const directories = ['/etc/iscsi/nodes', '/var/lib/iscsi/nodes']

export const hostRecordFiles: RecordFiles = {
  async list({ iqn, portal }) {
    const found: string[] = []
    for (const directory of directories) {
      const target = join(directory, iqn)
      for (const name of await readdir(target).catch(() => []))
        if (name.startsWith(recordPrefix(portal))) found.push(join(target, name, 'default'))
    }
    return found
  },
  read: (path) => readFile(path, 'utf8'),
  async write(path, text) {
    await writeFile(`${path}.partial`, text, { mode: 0o600 })
    await rename(`${path}.partial`, path)
  },
}

/** `10.0.0.1:3260` is the directory `10.0.0.1,3260,<group>`. */
export const recordPrefix = (portal: string): string =>
  `${portal.replace(/:(\d+)$/, ',$1,').replace(/[[\]]/g, '')}`

const passwordName = 'node.session.auth.password'

/** Puts the CHAP password into every record of the node. Repeatable. */
export async function writePassword(files: RecordFiles, node: Node, password: string): Promise<void> {
  const paths = await files.list(node)
  if (paths.length === 0) throw new Error(`open-iscsi keeps no record of ${node.iqn} at ${node.portal}`)
  for (const path of paths) {
    const text = await files.read(path)
    const changed = withPassword(text, password)
    if (changed !== text) await files.write(path, changed)
  }
}

export function withPassword(record: string, password: string): string {
  const lines = record.split('\n').filter((line) => !line.startsWith(`${passwordName} = `))
  const user = lines.findIndex((line) => line.startsWith('node.session.auth.username = '))
  const end = lines.findIndex((line) => line.startsWith('# END RECORD'))
  const at = user >= 0 ? user + 1 : end >= 0 ? end : lines.length
  return [...lines.slice(0, at), `${passwordName} = ${password}`, ...lines.slice(at)].join('\n')
}
