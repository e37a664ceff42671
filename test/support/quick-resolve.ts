// Node reads the package.json of a package anew for each of its modules, and drizzle-orm's has 180 kB: a second for each test
// file. Within that package all is plain: relative names of ES modules.
import { registerHooks } from 'node:module'

const inDrizzle = '/node_modules/drizzle-orm/'

registerHooks({
  resolve(specifier, context, next) {
    const { parentURL = '' } = context
    if (!specifier.startsWith('.') || !parentURL.includes(inDrizzle)) return next(specifier, context)
    return { url: new URL(specifier, parentURL).href, format: 'module', shortCircuit: true }
  },
})
