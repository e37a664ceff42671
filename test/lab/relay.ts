/**
 * Runs inside a lab: accepts connections on a unix socket (a file, so reachable across network namespaces),
 * reads one line with a port number and joins the connection to that port of the lab's loopback.
 * usage: node relay.ts SOCKET
 */
import { connect, createServer, type Socket } from 'node:net'

function join(outer: Socket, port: number, rest: Buffer): void {
  const inner = connect({ host: '127.0.0.1', port })
  inner.setNoDelay(true)
  if (rest.length > 0) inner.write(rest)
  outer.pipe(inner).pipe(outer)
  outer.on('error', () => inner.destroy())
  inner.on('error', () => outer.destroy())
  outer.on('close', () => inner.destroy())
  inner.on('close', () => outer.destroy())
}

const server = createServer({ allowHalfOpen: true }, (outer) => {
  let head = Buffer.alloc(0)
  const onData = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk])
    const end = head.indexOf(10)
    if (end < 0) return
    outer.off('data', onData)
    outer.pause()
    join(outer, Number(head.subarray(0, end).toString()), head.subarray(end + 1))
  }
  outer.on('data', onData)
  outer.on('error', () => outer.destroy())
})

server.listen(process.argv[2], () => process.stdout.write('listening\n'))
