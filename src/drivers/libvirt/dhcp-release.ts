import { createSocket } from 'node:dgram'
import { invalid } from '../../core/errors.ts'
import { isIpv4 } from '../../core/ipv4/ipv4.ts'

interface LeaseToRelease {
  mac: string
  address: string
  /** The DHCP server, which is the network's gateway. */
  server: string
}

const serverPort = 67
const minimumBytes = 300
const magicCookie = [99, 130, 83, 99]

/**
 * Tells the DHCP server that a guest gives its address back. dnsmasq keeps a lease until it ends, even when its host
 * entry has gone, and until then refuses the address to every other MAC: the next guest would get none at all. Sent from
 * the host it passes the loopback, yet dnsmasq sees it come in by the bridge that has the server's address.
 */
export async function sendRelease(lease: LeaseToRelease): Promise<void> {
  const socket = createSocket('udp4')
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.send(releaseMessage(lease), serverPort, lease.server, (error) =>
        error ? reject(error) : resolve(),
      )
    })
  } finally {
    socket.close()
  }
}

/** RFC 2131: op, htype, hlen; ciaddr at 12; chaddr at 28; options at 236 (53 type, 54 server, 255 end). */
export function releaseMessage({ mac, address, server }: LeaseToRelease): Buffer {
  if (!isIpv4(address) || !isIpv4(server)) throw invalid('address', `'${address}' is not an IPv4 address`)
  const message = Buffer.alloc(minimumBytes)
  message.set([1, 1, 6, 0], 0)
  message.writeUInt32BE(Math.floor(Math.random() * 2 ** 32), 4)
  message.set(octets(address), 12)
  message.set(Buffer.from(mac.replaceAll(':', ''), 'hex').subarray(0, 6), 28)
  message.set([...magicCookie, 53, 1, 7, 54, 4, ...octets(server), 255], 236)
  return message
}

const octets = (address: string) => address.split('.').map(Number)
