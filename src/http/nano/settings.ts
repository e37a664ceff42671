import * as v from 'valibot'
import type { Settings, SettingView } from '../../core/settings/settings.ts'
import { type Operation, operation } from '../operation.ts'
import { changed, etag } from './changed.ts'
import { nameParams, text } from './identity-schemas.ts'

const tag = 'Settings'

const setting = v.object({
  name: text('Name.'),
  value: v.unknown(),
  default: v.unknown(),
  description: text('What it is for.'),
  unit: v.nullable(text('Unit of the value.')),
})

const rendered = ({ version: _, ...view }: SettingView) => view

export const settingOperations = ({ settings }: { settings: Settings }): Operation[] => [
  operation({
    id: 'setting.list',
    method: 'GET',
    path: '/settings',
    summary: 'All settings with their values and defaults',
    tag,
    reply: v.array(setting),
    access: 'setting.read',
    handle: (op) => ({ data: settings.list(op).map(rendered) }),
  }),
  operation({
    id: 'setting.get',
    method: 'GET',
    path: '/settings/:name',
    summary: 'A setting',
    tag,
    params: nameParams,
    reply: setting,
    access: 'setting.read',
    handle(op, { params }) {
      const view = settings.read(op, params.name)
      return { data: rendered(view), headers: etag(view.version) }
    },
  }),
  operation({
    id: 'setting.set',
    method: 'PUT',
    path: '/settings/:name',
    summary: 'Set a setting',
    tag,
    params: nameParams,
    body: v.object({ value: v.unknown() }),
    access: 'setting.write',
    async handle(op, { params, body }) {
      return changed(op, await settings.set(op, params.name, body.value))
    },
  }),
  operation({
    id: 'setting.reset',
    method: 'DELETE',
    path: '/settings/:name',
    summary: 'Put a setting back to its default',
    tag,
    params: nameParams,
    access: 'setting.write',
    handle: async (op, { params }) => changed(op, await settings.reset(op, params.name)),
  }),
]
