/** Compute pools, their cells, and domains that others have made. */
export const compute = {
  cpu: 'CPU',
  memory: 'Memory',
  memoryGiven: 'Memory given to guests',
  disk: 'Disk',
  disks: 'Disks',
  network: 'Network',
  read: 'Read',
  written: 'Written',
  received: 'Received',
  sent: 'Sent',
  ofCores_one: 'of {{count}} core',
  ofCores_other: 'of {{count}} cores',
  ofAll: 'of {{size}}',
}
