// Column shapes that the tables share.
import { integer, text } from 'drizzle-orm/sqlite-core'

export const key = (name = 'key') => text(name).primaryKey()
export const version = () => integer('version').notNull()
export const flag = (name: string) => integer(name, { mode: 'boolean' }).notNull()
export const list = (name: string) => text(name, { mode: 'json' }).$type<string[]>().notNull()
export const json = <T>(name: string) => text(name, { mode: 'json' }).$type<T>()
