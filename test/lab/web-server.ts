/**
 * Runs inside a lab: serves the files of a directory over HTTP on one address, any port. Prints the port and then
 * a line for each request: its path.
 * usage: node web-server.ts DIR ADDRESS
 */
import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, normalize } from 'node:path'

const [dir = '.', address = '127.0.0.1'] = process.argv.slice(2)

const server = createServer((request, response) => {
  const path = new URL(request.url ?? '/', 'http://lab').pathname
  process.stdout.write(`${path}\n`)
  const file = createReadStream(join(dir, normalize(path)))
  file.once('error', () => response.writeHead(404).end())
  file.once('open', () => file.pipe(response))
})

server.listen(0, address, () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
