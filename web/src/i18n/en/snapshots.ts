export const snapshots = {}
