import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router'
import * as v from 'valibot'
import { Frame } from './components/Frame.tsx'
import { NoSuchPage } from './components/NoSuchPage.tsx'
import { PageFailed } from './components/PageFailed.tsx'
import { instancesSearch } from './pages/instances/search.ts'

/** A hand-written address has `pool=42` where the pages write `pool="42"`. */
const word = v.optional(v.pipe(v.union([v.string(), v.number()]), v.transform(String)))

const root = createRootRoute({ notFoundComponent: NoSuchPage })

// Every page but the console's own window stands in the frame.
const framed = createRoute({ getParentRoute: () => root, id: 'framed', component: Frame })

const home = createRoute({
  getParentRoute: () => framed,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/dashboard' })
  },
})

const dashboardPage = createRoute({
  getParentRoute: () => framed,
  path: '/dashboard',
  component: lazyRouteComponent(() => import('./pages/dashboard/Dashboard.tsx'), 'Dashboard'),
})
const instancesPage = createRoute({
  getParentRoute: () => framed,
  path: '/instances',
  validateSearch: instancesSearch,
  component: lazyRouteComponent(() => import('./pages/instances/Instances.tsx'), 'Instances'),
})
const createGuestPage = createRoute({
  getParentRoute: () => framed,
  path: '/instances/new',
  validateSearch: v.object({
    ...{ step: word, image: word, media: word, template: word, pool: word, group: word },
    guest: word,
    autostart: v.optional(v.boolean()),
  }),
  component: lazyRouteComponent(() => import('./pages/create/CreateGuest.tsx'), 'CreateGuest'),
})
const createBatchPage = createRoute({
  getParentRoute: () => framed,
  path: '/instances/new-batch',
  validateSearch: v.object({
    ...{ step: word, image: word, template: word, pool: word, group: word },
    ...{ batch: word, dialog: word },
  }),
  component: lazyRouteComponent(() => import('./pages/create/CreateBatch.tsx'), 'CreateBatch'),
})
const diskImagesPage = createRoute({
  getParentRoute: () => framed,
  path: '/images/disk',
  validateSearch: v.object({
    dialog: word,
    of: word,
    q: word,
    tag: word,
    owner: word,
    group: word,
    sort: word,
  }),
  component: lazyRouteComponent(() => import('./pages/images/DiskImages.tsx'), 'DiskImages'),
})
const diskImagePage = createRoute({
  getParentRoute: () => framed,
  path: '/images/disk/$id',
  validateSearch: v.object({ dialog: word }),
  component: lazyRouteComponent(() => import('./pages/images/DiskImage.tsx'), 'DiskImage'),
})
const mediaImagesPage = createRoute({
  getParentRoute: () => framed,
  path: '/images/media',
  validateSearch: v.object({
    dialog: word,
    of: word,
    q: word,
    tag: word,
    owner: word,
    group: word,
    sort: word,
  }),
  component: lazyRouteComponent(() => import('./pages/images/MediaImages.tsx'), 'MediaImages'),
})
const mediaImagePage = createRoute({
  getParentRoute: () => framed,
  path: '/images/media/$id',
  validateSearch: v.object({ dialog: word }),
  component: lazyRouteComponent(() => import('./pages/images/MediaImage.tsx'), 'MediaImage'),
})
const templatesPage = createRoute({
  getParentRoute: () => framed,
  path: '/templates',
  validateSearch: v.object({ dialog: word, from: word, q: word }),
  component: lazyRouteComponent(() => import('./pages/templates/Templates.tsx'), 'Templates'),
})
const templatePage = createRoute({
  getParentRoute: () => framed,
  path: '/templates/$id',
  validateSearch: v.object({ dialog: word }),
  component: lazyRouteComponent(() => import('./pages/templates/Template.tsx'), 'Template'),
})
const storagePoolsPage = createRoute({
  getParentRoute: () => framed,
  path: '/storage',
  validateSearch: v.object({ dialog: word, of: word, type: word }),
  component: lazyRouteComponent(() => import('./pages/storage/StoragePools.tsx'), 'StoragePools'),
})
const storagePoolPage = createRoute({
  getParentRoute: () => framed,
  path: '/storage/$pool',
  validateSearch: v.object({
    ...{ dialog: word, of: word, status: word, q: word },
    page: v.optional(v.number()),
  }),
  component: lazyRouteComponent(() => import('./pages/storage/StoragePool.tsx'), 'StoragePool'),
})
const addressPoolsPage = createRoute({
  getParentRoute: () => framed,
  path: '/network/pools',
  validateSearch: v.object({ dialog: word, of: word }),
  component: lazyRouteComponent(() => import('./pages/network/AddressPools.tsx'), 'AddressPools'),
})
const addressPoolPage = createRoute({
  getParentRoute: () => framed,
  path: '/network/pools/$pool',
  validateSearch: v.object({ dialog: word, of: word, block: word }),
  component: lazyRouteComponent(() => import('./pages/network/AddressPool.tsx'), 'AddressPool'),
})
const policyGroupsPage = createRoute({
  getParentRoute: () => framed,
  path: '/network/policies',
  validateSearch: v.object({ dialog: word, of: word, q: word }),
  component: lazyRouteComponent(() => import('./pages/policies/PolicyGroups.tsx'), 'PolicyGroups'),
})
const policyGroupPage = createRoute({
  getParentRoute: () => framed,
  path: '/network/policies/$id',
  validateSearch: v.object({ dialog: word, of: word }),
  component: lazyRouteComponent(() => import('./pages/policies/PolicyGroup.tsx'), 'PolicyGroup'),
})
const computePoolsPage = createRoute({
  getParentRoute: () => framed,
  path: '/compute/pools',
  validateSearch: v.object({ dialog: word, of: word }),
  component: lazyRouteComponent(() => import('./pages/compute/ComputePools.tsx'), 'ComputePools'),
})
const computePoolPage = createRoute({
  getParentRoute: () => framed,
  path: '/compute/pools/$pool',
  validateSearch: v.object({ dialog: word, of: word }),
  component: lazyRouteComponent(() => import('./pages/compute/ComputePool.tsx'), 'ComputePool'),
})
const cellsPage = createRoute({
  getParentRoute: () => framed,
  path: '/compute/cells',
  validateSearch: v.object({ dialog: word, of: word, pool: word }),
  component: lazyRouteComponent(() => import('./pages/compute/Cells.tsx'), 'Cells'),
})
const cellPage = createRoute({
  getParentRoute: () => framed,
  path: '/compute/cells/$pool/$cell',
  validateSearch: v.object({ dialog: word, of: word }),
  component: lazyRouteComponent(() => import('./pages/compute/Cell.tsx'), 'Cell'),
})
const usersPage = createRoute({
  getParentRoute: () => framed,
  path: '/people/users',
  component: lazyRouteComponent(() => import('./pages/people/Users.tsx'), 'Users'),
})
const userPage = createRoute({
  getParentRoute: () => framed,
  path: '/people/users/$user',
  component: lazyRouteComponent(() => import('./pages/people/User.tsx'), 'User'),
})
const groupsPage = createRoute({
  getParentRoute: () => framed,
  path: '/people/groups',
  component: lazyRouteComponent(() => import('./pages/people/Groups.tsx'), 'Groups'),
})
const groupPage = createRoute({
  getParentRoute: () => framed,
  path: '/people/groups/$group',
  component: lazyRouteComponent(() => import('./pages/people/Group.tsx'), 'Group'),
})
const rolesPage = createRoute({
  getParentRoute: () => framed,
  path: '/people/roles',
  component: lazyRouteComponent(() => import('./pages/people/Roles.tsx'), 'Roles'),
})
const rolePage = createRoute({
  getParentRoute: () => framed,
  path: '/people/roles/$role',
  component: lazyRouteComponent(() => import('./pages/people/Role.tsx'), 'Role'),
})
const profilePage = createRoute({
  getParentRoute: () => framed,
  path: '/profile',
  component: lazyRouteComponent(() => import('./pages/profile/Profile.tsx'), 'Profile'),
})
const tasksPage = createRoute({
  getParentRoute: () => framed,
  path: '/tasks',
  validateSearch: v.object({
    ...{ state: word, kind: word, who: word, subject: word },
    live: v.optional(v.boolean()),
    page: v.optional(v.number()),
  }),
  component: lazyRouteComponent(() => import('./pages/tasks/Tasks.tsx'), 'Tasks'),
})
const taskPage = createRoute({
  getParentRoute: () => framed,
  path: '/tasks/$id',
  validateSearch: v.object({ dialog: v.optional(v.picklist(['skip', 'abandon'])) }),
  component: lazyRouteComponent(() => import('./pages/tasks/Task.tsx'), 'Task'),
})
const journalPage = createRoute({
  getParentRoute: () => framed,
  path: '/journal',
  component: lazyRouteComponent(() => import('./pages/journal/Journal.tsx'), 'Journal'),
})
const logPage = createRoute({
  getParentRoute: () => framed,
  path: '/log',
  component: lazyRouteComponent(() => import('./pages/journal/Log.tsx'), 'Log'),
})
const settingsPage = createRoute({
  getParentRoute: () => framed,
  path: '/settings',
  component: lazyRouteComponent(() => import('./pages/settings/Settings.tsx'), 'Settings'),
})

const instancePage = createRoute({
  getParentRoute: () => framed,
  path: '/instances/$id',
  // A dialog, what it is about, and the span of the charts.
  validateSearch: v.object({ dialog: word, of: word, range: word }),
  component: lazyRouteComponent(() => import('./pages/instance/Instance.tsx'), 'Instance'),
})
const instanceIndex = createRoute({
  getParentRoute: () => instancePage,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/instances/$id/overview', params })
  },
})
const instanceOverview = createRoute({
  getParentRoute: () => instancePage,
  path: 'overview',
  component: lazyRouteComponent(() => import('./pages/instance/Overview.tsx'), 'Overview'),
})
/** How a console is shown: `size=real`, `input=off`, `full`, and which of its dialogs is open. */
const consoleSearch = {
  size: v.optional(v.string()),
  input: v.optional(v.string()),
  full: v.optional(v.boolean()),
  dialog: v.optional(v.string()),
}
const instanceConsole = createRoute({
  getParentRoute: () => instancePage,
  path: 'console',
  validateSearch: v.object(consoleSearch),
  component: lazyRouteComponent(() => import('./pages/instance/ConsoleTab.tsx'), 'ConsoleTab'),
})
const instanceSerial = createRoute({
  getParentRoute: () => instancePage,
  path: 'serial',
  validateSearch: v.object(consoleSearch),
  component: lazyRouteComponent(() => import('./pages/instance/SerialTab.tsx'), 'SerialTab'),
})
const instanceSnapshots = createRoute({
  getParentRoute: () => instancePage,
  path: 'snapshots',
  validateSearch: v.object({
    snapshot: v.optional(v.string()),
    dialog: v.optional(v.string()),
    of: v.optional(v.string()),
  }),
  component: lazyRouteComponent(() => import('./pages/instance/Snapshots.tsx'), 'Snapshots'),
})
const instanceDisks = createRoute({
  getParentRoute: () => instancePage,
  path: 'disks',
  component: lazyRouteComponent(() => import('./pages/instance/Disks.tsx'), 'Disks'),
})
const instanceNetwork = createRoute({
  getParentRoute: () => instancePage,
  path: 'network',
  validateSearch: v.object({ dialog: word }),
  component: lazyRouteComponent(() => import('./pages/instance/GuestNetwork.tsx'), 'GuestNetwork'),
})
const instanceSecurity = createRoute({
  getParentRoute: () => instancePage,
  path: 'security',
  validateSearch: v.object({ dialog: word, of: word }),
  component: lazyRouteComponent(() => import('./pages/instance/GuestSecurity.tsx'), 'GuestSecurity'),
})
const instancePerformance = createRoute({
  getParentRoute: () => instancePage,
  path: 'performance',
  component: lazyRouteComponent(() => import('./pages/instance/Performance.tsx'), 'Performance'),
})
const instanceTasks = createRoute({
  getParentRoute: () => instancePage,
  path: 'tasks',
  component: lazyRouteComponent(() => import('./pages/instance/GuestTasks.tsx'), 'GuestTasks'),
})
const instanceSettings = createRoute({
  getParentRoute: () => instancePage,
  path: 'settings',
  component: lazyRouteComponent(() => import('./pages/instance/GuestSettings.tsx'), 'GuestSettings'),
})

/** A console in a window of its own. */
const consoleWindow = createRoute({
  getParentRoute: () => root,
  path: '/console/$id',
  validateSearch: v.object({ ...consoleSearch, kind: v.optional(v.string()) }),
  component: lazyRouteComponent(() => import('./pages/instance/ConsoleWindow.tsx'), 'ConsoleWindow'),
})

const tree = root.addChildren([
  framed.addChildren([
    home,
    dashboardPage,
    instancesPage,
    createGuestPage,
    createBatchPage,
    diskImagesPage,
    diskImagePage,
    mediaImagesPage,
    mediaImagePage,
    templatesPage,
    templatePage,
    storagePoolsPage,
    storagePoolPage,
    addressPoolsPage,
    addressPoolPage,
    policyGroupsPage,
    policyGroupPage,
    computePoolsPage,
    computePoolPage,
    cellsPage,
    cellPage,
    usersPage,
    userPage,
    groupsPage,
    groupPage,
    rolesPage,
    rolePage,
    profilePage,
    tasksPage,
    taskPage,
    journalPage,
    logPage,
    settingsPage,
    instancePage.addChildren([
      instanceIndex,
      instanceOverview,
      instanceConsole,
      instanceSerial,
      instanceSnapshots,
      instanceDisks,
      instanceNetwork,
      instanceSecurity,
      instancePerformance,
      instanceTasks,
      instanceSettings,
    ]),
  ]),
  consoleWindow,
])

export const createAppRouter = () =>
  createRouter({
    routeTree: tree,
    basepath: '/ui',
    defaultPreload: 'intent',
    defaultErrorComponent: PageFailed,
    scrollRestoration: true,
  })

export type AppRouter = ReturnType<typeof createAppRouter>

declare module '@tanstack/react-router' {
  interface Register {
    router: AppRouter
  }
}
