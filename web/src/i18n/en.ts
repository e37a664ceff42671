import { common } from './en/common.ts'
import { compute } from './en/compute.ts'
import { consoles } from './en/consoles.ts'
import { create } from './en/create.ts'
import { dashboard } from './en/dashboard.ts'
import { frame } from './en/frame.ts'
import { images } from './en/images.ts'
import { instance } from './en/instance.ts'
import { instances } from './en/instances.ts'
import { journal } from './en/journal.ts'
import { network } from './en/network.ts'
import { people } from './en/people.ts'
import { plan } from './en/plan.ts'
import { policies } from './en/policies.ts'
import { profile } from './en/profile.ts'
import { settings } from './en/settings.ts'
import { signIn } from './en/sign-in.ts'
import { snapshots } from './en/snapshots.ts'
import { storage } from './en/storage.ts'
import { tasks } from './en/tasks.ts'
import { templates } from './en/templates.ts'

export const en = {
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
