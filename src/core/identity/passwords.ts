import { argon2, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { invalid } from '../errors.ts'
import type { Settings } from '../settings/settings.ts'

const derive = promisify(argon2)

/** Argon2id by the OWASP cheat sheet: 19 MiB, two passes. Runs on Node's thread pool, not on the event loop. */
const cost = { memory: 19456, passes: 2, parallelism: 1 }
const hashBytes = 32
const maxLength = 256

/** In PHC form: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await derive('argon2id', {
    ...cost,
    message: Buffer.from(password),
    nonce: salt,
    tagLength: hashBytes,
  })
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64').replace(/=+$/, '')
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${text(salt)}$${text(hash)}`
}

const form = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/

/** False also for a hash that is no hash. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const parts = form.exec(stored)
  if (!parts || password.length > maxLength) return false
  const wanted = Buffer.from(parts[5]!, 'base64')
  const hash = await derive('argon2id', {
    memory: Number(parts[1]),
    passes: Number(parts[2]),
    parallelism: Number(parts[3]),
    message: Buffer.from(password),
    nonce: Buffer.from(parts[4]!, 'base64'),
    tagLength: wanted.length,
  })
  return timingSafeEqual(hash, wanted)
}

/** The rule of new passwords. Throws `invalid` that states it, never with the password. */
export function checkPassword(settings: Settings, password: string, field = 'password'): void {
  const least = settings.get('password.min_length')
  const length = [...password].length
  if (length < least)
    throw invalid(field, `a password needs at least ${least} characters, this one has ${length}`)
  if (password.length > maxLength) throw invalid(field, `a password has at most ${maxLength} characters`)
}

const alphabet = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** Random, without characters that look alike. */
export const makePassword = (length: number): string =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
