import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { listeningPorts, parseListening } from './listening.ts'

test('a port that is listened on is seen, one that has closed is not', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  assert.ok((await listeningPorts()).has(port))
  await new Promise((resolve) => server.close(resolve))
  assert.ok(!(await listeningPorts()).has(port))
})

test('connections that are open but do not listen do not count', () => {
  const table = `  sl  local_address rem_address   st
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000
   1: 0100007F:A1B2 0100007F:1F90 01 00000000:00000000
`
  assert.deepEqual(parseListening(table), [8080])
})
