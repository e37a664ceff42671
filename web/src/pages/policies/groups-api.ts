import type { components } from '../../api/schema.d.ts'

export type PolicyGroupView = components['schemas']['SecurityPolicyGroup']
