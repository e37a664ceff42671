/** What the server itself answers beside the operations. Always at the root. */
export type PathItem = Record<string, unknown>

const servers = [{ url: '/' }]
const text = (type: string, description: string) => ({
  description,
  content: { [type]: { schema: { type: 'string' } } },
})

export const serverPaths: Record<string, PathItem> = {
  '/healthz': {
    servers,
    get: {
      operationId: 'server.health',
      summary: 'Whether the process is alive',
      tags: ['server'],
      security: [],
      responses: { 200: text('text/plain', 'Alive') },
    },
  },
  '/readyz': {
    servers,
    get: {
      operationId: 'server.ready',
      summary: 'Whether it can work: database, hypervisor, tasks resumed',
      tags: ['server'],
      security: [],
      responses: {
        200: text('application/json', 'Ready, each check named'),
        503: text('application/json', 'Not ready, with what fails'),
      },
    },
  },
  '/metrics': {
    servers,
    get: {
      operationId: 'server.metrics',
      summary: 'Figures for Prometheus',
      description: 'Needs the permission `system.read`, except from this host itself.',
      tags: ['server'],
      'x-access': 'system.read',
      responses: { 200: text('text/plain', 'Figures') },
    },
  },
  '/events': {
    servers,
    get: {
      operationId: 'server.events',
      summary: 'Changes as they happen, as server-sent events',
      description:
        'Each event has the revision as its id; a reconnect with `Last-Event-ID` goes on after it. Only what the caller may read is sent.',
      tags: ['server'],
      'x-access': 'session',
      parameters: [
        { name: 'Last-Event-ID', in: 'header', schema: { type: 'integer', minimum: 0 } },
        {
          name: 'after',
          in: 'query',
          description: 'The same for a first connect.',
          schema: { type: 'integer', minimum: 0 },
        },
      ],
      responses: { 200: text('text/event-stream', 'Events without end') },
    },
  },
  '/api-docs': {
    servers,
    get: {
      operationId: 'server.api-docs',
      summary: 'This document',
      tags: ['server'],
      security: [],
      responses: { 200: text('application/json', 'OpenAPI 3.1') },
    },
  },
}
