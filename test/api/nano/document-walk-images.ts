// Media and disk images, their bytes under both generations of paths, and the import of files that lie ready.
import assert from 'node:assert/strict'
import type { WalkWorld } from './document-walk.ts'

export interface WalkImages {
  disk: string
  media: string
}

const owned = { owner: 'admin', group: 'manager' }

/** The images stay, for the guests. */
export async function walkImages(world: WalkWorld): Promise<WalkImages> {
  const { walk } = world
  return { media: await walkKind('media', world.media), disk: await walkKind('disk', world.disk) }

  async function walkKind(kind: 'media' | 'disk', content: Uint8Array): Promise<string> {
    const images = `/${kind}_images` as const
    const made = await walk.good<{ id: string }>(`POST ${images}`, { body: { ...owned, name: 'walked' } })
    await walk.bad(`POST ${images}`, { body: { ...owned, name: 'walked' }, status: 409 })
    const at = [made.id]
    const [older, newer] = [`/${kind}_image_files/{id}`, `/${kind}_images/{id}/file`] as const
    await walk.bad(`GET ${older}`, { at, status: 409 })
    await walk.good(`POST ${older}`, { at, body: content })
    await walk.bad(`POST ${older}`, { at, body: content, status: 409 })
    await walk.good(`GET ${older}`, { at })
    await walk.good(`GET ${newer}`, { at })
    await walk.bad(`GET ${newer}`, { at: ['none'], status: 404 })
    const second = await walk.good<{ id: string }>(`POST ${images}`, { body: { ...owned, name: 'second' } })
    await walk.good(`POST ${newer}`, { at: [second.id], body: content })
    await walk.bad(`POST ${newer}`, { at: ['none'], body: content, status: 404 })
    assert.equal((await walk.good(`GET ${images}/{id}`, { at }))['name'], 'walked')
    await walk.bad(`GET ${images}/{id}`, { at: ['none'], status: 404 })
    await walk.good(`PUT ${images}/{id}`, { at, body: { name: 'renamed', tags: ['linux', '64bit'] } })
    await walk.bad(`PUT ${images}/{id}`, { at, body: { tags: 'linux' }, status: 400 })
    await walk.good(`GET ${images}`)
    await walk.bad(`GET ${images}`, { as: null })
    const search = `GET /${kind}_image_search` as const
    const query = 'group=manager&tags=linux&tags=none'
    assert.equal((await walk.good<unknown[]>(search, { query })).length, 1)
    await walk.bad(search, { query: 'limit=none', status: 400 })
    await walk.good(`DELETE ${images}/{id}`, { at: [second.id] })
    await walk.bad(`DELETE ${images}/{id}`, { at: [second.id], status: 404 })
    await sync(kind, content)
    return made.id
  }

  async function sync(kind: 'media' | 'disk', content: Uint8Array): Promise<void> {
    const patch = `PATCH /${kind}_images` as const
    const name = kind === 'media' ? 'laid.iso' : 'laid.qcow2'
    await world.layImport(kind, name, content)
    const files = await walk.good<{ file: string; status: string; id: string }[]>(patch, { body: owned })
    assert.deepEqual([files[0]?.file, files[0]?.status], [name, 'imported'])
    await walk.bad(patch, { body: { owner: 'nobody', group: 'manager' }, status: 400 })
    await walk.good(`DELETE /${kind}_images/{id}`, { at: [files[0]?.id ?? ''] })
  }
}
