import type { Readable } from 'node:stream'
import { createScanner, type ParseError, parse, printParseErrorCode } from 'jsonc-parser'
import { AppError } from '../core/errors.ts'
import { HttpRefusal } from './refusal.ts'

/** Most bytes of a JSON body; uploads are streams and have no limit here. */
export const jsonBodyLimitBytes = 1024 * 1024

/**
 * Reads a whole body. Throws `invalid` (413) beyond the limit without reading on.
 * A declared length is believed only to refuse early.
 */
export async function readBody(
  body: Readable,
  declaredLength: string | undefined,
  limitBytes = jsonBodyLimitBytes,
): Promise<Uint8Array> {
  if (Number(declaredLength ?? 0) > limitBytes) throw tooLarge(limitBytes)
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    // The stream stays whole, since destroying it would take the connection and with it the answer.
    for await (const chunk of body.iterator({ destroyOnReturn: false })) {
      size += chunk.length
      if (size > limitBytes) throw tooLarge(limitBytes)
      chunks.push(chunk)
    }
  } catch (cause) {
    if (cause instanceof HttpRefusal) throw cause
    throw new AppError('invalid', 'The body ended before its time.', { cause })
  }
  return Buffer.concat(chunks)
}

const tooLarge = (limitBytes: number) =>
  new HttpRefusal(413, `The body is too large: at most ${limitBytes} bytes are taken here.`, {
    details: { limitBytes },
    headers: { Connection: 'close' },
  })

/**
 * The value of a JSON body; nothing or white space only is `{}`. Strict JSON first; then only trailing commas are
 * forgiven, because the documented examples have them. Errors name line and column and never show the input.
 */
export function parseJsonBody(bytes: Uint8Array): unknown {
  const text = decode(bytes)
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    return parseForgiving(text)
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new AppError('invalid', 'The body is not valid UTF-8.', { cause })
  }
}

function parseForgiving(text: string): unknown {
  try {
    return JSON.parse(withoutTrailingCommas(text))
  } catch {
    throw syntaxError(text)
  }
}

// The value itself always comes from JSON.parse: jsonc-parser lets `__proto__` reach an object's prototype.
function withoutTrailingCommas(text: string): string {
  const scanner = createScanner(text, true)
  const commas: number[] = []
  let comma = -1
  for (let token = scanner.scan(); token !== eof; token = scanner.scan()) {
    if (comma >= 0 && (token === closeBrace || token === closeBracket)) commas.push(comma)
    comma = token === commaToken ? scanner.getTokenOffset() : -1
  }
  // In one pass: a body may hold a quarter of a million of them.
  const ends = [...commas, text.length]
  return ends.map((end, index) => text.slice(index === 0 ? 0 : (commas[index - 1] ?? 0) + 1, end)).join(' ')
}

// SyntaxKind of jsonc-parser is a const enum of its types only, so that its members have no values at run time.
const closeBrace = 2
const closeBracket = 4
const commaToken = 5
const eof = 17

function syntaxError(text: string): AppError {
  const first = firstError(text)
  if (first === undefined) return new AppError('invalid', 'The body is not valid JSON.')
  const before = text.slice(0, first.offset).split('\n')
  const line = before.length
  const column = (before.at(-1)?.length ?? 0) + 1
  const rule = printParseErrorCode(first.error)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
  return new AppError('invalid', `The body is not valid JSON: ${rule} at line ${line}, column ${column}.`, {
    details: { line, column },
  })
}

// The parser calls itself for each level, so that a deep enough body is beyond the stack.
function firstError(text: string): ParseError | undefined {
  const errors: ParseError[] = []
  try {
    parse(text, errors, { allowTrailingComma: true, disallowComments: true })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  return errors[0]
}

/** The documented examples write an object inside a list of one; both mean the object. */
export function unwrapSingle(value: unknown, wantsList: boolean): unknown {
  if (wantsList || !Array.isArray(value) || value.length !== 1) return value
  return typeof value[0] === 'object' && value[0] !== null ? value[0] : value
}
