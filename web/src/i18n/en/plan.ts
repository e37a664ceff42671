/** What a change would do, before it is made. */
export const plan = {
  steps: 'Steps',
  nothing: 'There is nothing to do.',
  needsAtOnce: 'Space needed at once',
  needsNothing: 'None',
  onPool: '{{size}} on {{pool}}',
  spaceHint: 'At most; thin disks grow later, up to their size.',
  whoFeelsIt: 'Who feels it',
  nobodyElse: 'Nobody else',
  commands_one: '{{count}} command',
  commands_other: '{{count}} commands',
  hideCommands: 'Hide the commands',
  copyCommands: 'Copy the commands of step {{step}}',
  showAll_one: 'Show {{count}} more',
  showAll_other: 'Show {{count}} more',
  asking: 'Asking what it would do',
}
