import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { AppError } from '../core/errors.ts'
import { formField } from './multipart.ts'

const contentType = 'multipart/form-data; boundary=BOUND'

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size))
}

async function read(form: Buffer, size: number, type = contentType): Promise<Buffer> {
  const found: Buffer[] = []
  for await (const part of formField(pieces(form, size), { contentType: type, field: 'image' }))
    found.push(Buffer.from(part))
  return Buffer.concat(found)
}

const part = (name: string, content: Buffer | string) =>
  Buffer.concat([
    Buffer.from(`--BOUND\r\nContent-Disposition: form-data; name="${name}"; filename="a"\r\nX: y\r\n\r\n`),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ])
const end = Buffer.from('--BOUND--\r\n')

describe('a form', () => {
  const contents: [name: string, content: Buffer][] = [
    ['bytes', randomBytes(5000)],
    ['nothing', Buffer.alloc(0)],
    ['line ends', Buffer.from('\r\n\r\n\r\n--\r\n--BOUN\r\r\n-')],
    ['what is almost the boundary', Buffer.from('\r\n--BOUN\r\n--BOUNX\r\n--BOU')],
  ]
  for (const [name, content] of contents)
    test(`gives ${name} back, however it is cut`, async () => {
      const form = Buffer.concat([part('note', 'before'), part('image', content), part('after', 'x'), end])
      for (const size of [1, 2, 3, 7, 64, 4096, form.length])
        assert.deepEqual(await read(form, size), content, `${size}`)
    })

  test('takes the first of several files, a preamble and a quoted boundary', async () => {
    const form = Buffer.concat([
      Buffer.from('preamble\r\n'),
      part('image', 'first'),
      part('image', 'second'),
      end,
    ])
    assert.equal(String(await read(form, 10, 'multipart/form-data; boundary="BOUND"')), 'first')
    assert.equal(String(await read(Buffer.concat([form, Buffer.from('epilogue')]), 10)), 'first')
  })

  const wrong: [name: string, form: Buffer, type?: string][] = [
    ['without the field', Buffer.concat([part('other', 'x'), end])],
    ['without an end', part('image', 'x')],
    ['cut in the boundary', Buffer.concat([part('image', 'x'), Buffer.from('--BOUND')])],
    ['cut in a head', Buffer.from('--BOUND\r\nContent-Dispo')],
    ['with an endless head', Buffer.concat([Buffer.from('--BOUND\r\n'), Buffer.alloc(100_000, 'x')])],
    ['that is empty', Buffer.alloc(0)],
    ['with rubbish behind a boundary', Buffer.from('--BOUNDxx\r\n\r\n')],
    ['without a boundary', Buffer.concat([part('image', 'x'), end]), 'multipart/form-data'],
  ]
  for (const [name, form, type] of wrong)
    test(`${name} is refused`, async () => {
      for (const size of [1, 5000])
        await assert.rejects(
          read(form, size, type),
          (error) => error instanceof AppError && error.code === 'invalid',
        )
    })
})
