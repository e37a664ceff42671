import { common } from './zh/common.ts'
import { compute } from './zh/compute.ts'
import { consoles } from './zh/consoles.ts'
import { create } from './zh/create.ts'
import { dashboard } from './zh/dashboard.ts'
import { frame } from './zh/frame.ts'
import { images } from './zh/images.ts'
import { instance } from './zh/instance.ts'
import { instances } from './zh/instances.ts'
import { journal } from './zh/journal.ts'
import { network } from './zh/network.ts'
import { people } from './zh/people.ts'
import { plan } from './zh/plan.ts'
import { policies } from './zh/policies.ts'
import { profile } from './zh/profile.ts'
import { settings } from './zh/settings.ts'
import { signIn } from './zh/sign-in.ts'
import { snapshots } from './zh/snapshots.ts'
import { storage } from './zh/storage.ts'
import { tasks } from './zh/tasks.ts'
import { templates } from './zh/templates.ts'

export const zh = {
  common,
  frame,
  signIn,
  dashboard,
  instances,
  instance,
  consoles,
  snapshots,
  create,
  images,
  storage,
  compute,
  network,
  policies,
  people,
  profile,
  journal,
  tasks,
  settings,
  plan,
  templates,
}
