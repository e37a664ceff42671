import type { Support } from '../../core/support/bundle.ts'
import { type Operation, operation } from '../operation.ts'

export const supportOperations = ({ support }: { support: Support }): Operation[] => [
  operation({
    id: 'system.support_bundle',
    method: 'GET',
    path: '/support_bundle',
    summary: 'What somebody who helps from afar needs, as a .tar.gz without secrets',
    description:
      'Version, configuration, settings, the findings of the doctor, tasks, the last changes, reconcilers, pools, cells, and the definitions of the domains; what the caller may not read is left out, and named.',
    tag: 'System',
    replyType: 'application/gzip',
    access: 'system.read',
    async handle(op) {
      // Loaded when it is wanted: few ever do.
      const { supportArchive } = await import('../support-archive.ts')
      const now = new Date()
      const folder = `nacelle-support-${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}`
      return {
        stream: supportArchive(folder, support.files(op), now),
        headers: {
          'Content-Type': 'application/gzip',
          'Content-Disposition': `attachment; filename="${folder}.tar.gz"`,
          'Cache-Control': 'no-store',
        },
      }
    },
  }),
]
