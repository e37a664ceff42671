// Writes the OpenAPI document of the main API, and the types that the pages read it by. With `--check` it only compares.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openapiDocument } from '../../src/http/openapi/document.ts'
import { mainOperations } from '../../src/main/operations.ts'
import { treePath } from '../../src/packaging/assets.ts'
import { openTestAppliance } from '../../test/support/appliance.ts'

const outputs = {
  document: treePath('web/src/api/openapi.json'),
  types: treePath('web/src/api/schema.d.ts'),
}
const generator = treePath('web/generator/node_modules/openapi-typescript/bin/cli.js')

const document = `${JSON.stringify(await describe(), null, 1)}\n`
const types = await typesOf(document)
if (process.argv.includes('--check')) await compare({ document, types })
else {
  await writeFile(outputs.document, document)
  await writeFile(outputs.types, types)
}

/** The operations are those of a whole appliance; none of them is called. */
async function describe(): Promise<object> {
  const world = await openTestAppliance({ idle: true })
  try {
    const operations = mainOperations(world.appliance, {
      dataDir: world.dataDir,
      listen: { scheme: 'http', host: '127.0.0.1', port: 0 },
      libvirtUri: 'test:///',
    } as Parameters<typeof mainOperations>[1])
    // The version changes with each release, and the types do not.
    return openapiDocument(operations, { version: 'current' })
  } finally {
    await world.close()
  }
}

async function typesOf(text: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'nacelle-openapi-'))
  try {
    const [input, output] = [join(directory, 'in.json'), join(directory, 'out.d.ts')]
    await writeFile(input, text)
    await promisify(execFile)(process.execPath, [generator, input, '--output', output, '--root-types'])
    return await readFile(output, 'utf8')
  } finally {
    await rm(directory, { recursive: true })
  }
}

async function compare(current: Record<keyof typeof outputs, string>): Promise<void> {
  for (const name of ['document', 'types'] as const) {
    const text = await readFile(outputs[name], 'utf8').catch(() => '')
    if (text === current[name]) continue
    console.error(
      `${outputs[name]} is not what the routes say: run \`npm run api\`, and commit what it writes`,
    )
    process.exitCode = 1
  }
}
