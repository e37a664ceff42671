import type { plan as english } from '../en/plan.ts'
import type { Translated } from '../messages.ts'

export const plan: Translated<typeof english> = {
  steps: '步骤',
  nothing: '没有需要执行的操作。',
  needsAtOnce: '立即占用的空间',
  needsNothing: '不占用',
  onPool: '{{pool}} 上 {{size}}',
  spaceHint: '此为上限;精简置备的磁盘之后会逐渐增长,直至其容量。',
  whoFeelsIt: '受影响对象',
  nobodyElse: '无其他对象',
  commands_other: '{{count}} 条命令',
  hideCommands: '收起命令',
  copyCommands: '复制步骤 {{step}} 的命令',
  showAll_other: '再显示 {{count}} 项',
  asking: '正在查询将执行的操作',
}
