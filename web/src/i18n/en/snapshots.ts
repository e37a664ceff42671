/** The snapshots of a guest. */
export const snapshots = {
  none: 'No snapshots',
  noneText:
    'A snapshot keeps the guest as it is now, so that you can come back to it after an upgrade that went wrong. It costs the space of what changes afterwards.',
  takeSnapshot: 'Take a snapshot',
  count_one: '{{count}} snapshot',
  count_other: '{{count}} snapshots',
  tree: 'Tree of snapshots',
  here: 'You are here',
  hereText: 'The guest as it is now. Choose a snapshot to see what it is, to go back to it or to delete it.',
  memoryShort: 'with memory',

  taken: 'Taken',
  contents: 'Contents',
  disksOnly: 'Disks',
  disksAndMemory: 'Disks and memory',
  consistency: 'Consistency',
  restOff: 'The guest was off: its disks are at rest',
  restFilesystem: 'File systems were at rest',
  restMemory: 'Goes on from its memory',
  restCrash: 'As after a power cut',
  size: 'Size',
  sizeInside: 'Kept inside the disks',
  standsOn: 'Stands on',
  nothing: 'nothing',

  takeTitle: 'Take a snapshot',
  take: 'Take',
  name: 'Name',
  nameHint: 'Letters, digits, dots, dashes and underscores; it begins with a letter or digit.',
  description: 'Description',
  'held-crash': 'Disks',
  'held-crash-text': 'In an instant. A restore finds them as after a power cut.',
  'held-filesystem': 'Disks with file systems at rest',
  'held-filesystem-text':
    'Writes are held back for a moment. Needs the guest agent (qemu-guest-agent) inside the guest.',
  'held-memory': 'Disks and memory',
  'held-memory-text':
    'A restore goes on from this very moment. The guest stands still while up to {{size}} are saved.',
  offIsAtRest: 'The guest is off, so its disks are at rest and there is no memory to keep.',

  restore: 'Restore',
  restoreTitle: 'Restore {{guest}} to {{name}}?',
  lostSince: 'What was written since {{name}} is lost',
  lostAll: 'What was written up to now is lost',
  lostHint:
    'Take a snapshot before, and you can come back to the present. The disks that are left wait in quarantine.',
  endsRunning: 'The guest runs and is ended as by a power cut.',
  goesOn: 'It goes on from the memory of that moment.',
  startAfter: 'Start it afterwards',

  delete: 'Delete',
  deleteTitle: 'Delete snapshot {{name}}?',
  deleteText: 'The way back to this moment is lost. The guest and all other snapshots stay as they are.',
  deleteLeaf: 'Nothing stands on it, so its data goes to quarantine.',
  deleteMerges:
    'Its data is merged into {{name}}, which stands on it. That reads and writes the disks for a while.',
  deleteHides: 'Its data stays, hidden, as long as several stand on it: {{names}}.',
  present: 'the present',
}
