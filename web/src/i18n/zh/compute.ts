import type { compute as english } from '../en/compute.ts'
import type { Translated } from '../messages.ts'

export const compute: Translated<typeof english> = {
  cpu: 'CPU',
  memory: '内存',
  memoryGiven: '已分配给云主机的内存',
  disk: '磁盘',
  disks: '磁盘读写',
  network: '网络',
  read: '读取',
  written: '写入',
  received: '接收',
  sent: '发送',
  ofCores_other: '共 {{count}} 核',
  ofAll: '共 {{size}}',
}
