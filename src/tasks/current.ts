import { AsyncLocalStorage } from 'node:async_hooks'
import type { TaskProcesses } from './processes.ts'

/** The step that the running code belongs to, wherever it is called from. */
export interface CurrentTask {
  taskId: string
  step: string
  processes: TaskProcesses
}

export const currentTask = new AsyncLocalStorage<CurrentTask>()

/** By pid, since the end of a process may be told outside of its step's context. */
const observed = new Map<number, CurrentTask>()

/** For the one place that starts processes (setProcessObserver of drivers/exec.ts): notes those that a step starts. */
export const processObserver = {
  onSpawn(pid: number): void {
    const current = currentTask.getStore()
    if (current === undefined) return
    observed.set(pid, current)
    current.processes.record(current.taskId, pid)
  },
  onExit(pid: number): void {
    const current = observed.get(pid)
    if (current === undefined) return
    observed.delete(pid)
    current.processes.forget(current.taskId, pid)
  },
}
