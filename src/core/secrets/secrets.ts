import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Keeps what must be readable again (guest passwords) unreadable for those who only have the database. */
export interface Secrets {
  /** `context` names the place, e.g. `guest:<id>:admin`; the text can be decrypted only with the same. */
  encrypt(text: string, context: string): string
  /** Throws when the text was changed, belongs to another place, or was made with another key file. */
  decrypt(sealed: string, context: string): string
}

const prefix = 'v1:'
const nonceBytes = 12
const tagBytes = 16

/** Reads the key file, or makes it at the first start. Blocking: meant for start-up. */
export function openSecrets(keyFile: string): Secrets {
  const key = readKey(keyFile) ?? makeKey(keyFile)
  return {
    encrypt(text, context) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context))
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return prefix + Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64')
    },
    decrypt(sealed, context) {
      const bytes = Buffer.from(sealed.slice(prefix.length), 'base64')
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes))
        decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
        const text = decipher.update(bytes.subarray(nonceBytes + tagBytes))
        return Buffer.concat([text, decipher.final()]).toString('utf8')
      } catch (cause) {
        throw new Error(
          `the secret of ${context} cannot be decrypted: it was changed, or ${keyFile} is not its key`,
          {
            cause,
          },
        )
      }
    },
  }
}

function readKey(keyFile: string): Buffer | undefined {
  let text: string
  try {
    text = readFileSync(keyFile, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  if ((statSync(keyFile).mode & 0o077) !== 0)
    throw new Error(`${keyFile} can be read by others than its owner: chmod 600 ${keyFile}`)
  const key = Buffer.from(text.trim(), 'hex')
  if (key.length !== 32)
    throw new Error(`${keyFile} holds no key: restore it from a backup, secrets depend on it`)
  return key
}

/** Whole and on the disk before it has its name; a second process that was quicker wins. */
function makeKey(keyFile: string): Buffer {
  const partial = `${keyFile}.${process.pid}.partial`
  const descriptor = openSync(partial, 'w', 0o600)
  writeSync(descriptor, `${randomBytes(32).toString('hex')}\n`)
  fsyncSync(descriptor)
  closeSync(descriptor)
  try {
    linkSync(partial, keyFile)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(partial)
  }
  syncDirectory(dirname(keyFile))
  return readKey(keyFile)!
}

function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}
