import pino from 'pino'
import pretty from 'pino-pretty'
import type { Config } from '../config.ts'

export type RootLog = pino.Logger

/** JSON lines for machines; readable ones on a terminal. Secrets never enter fields, and are cut where they would. */
export function createLog(config: Pick<Config, 'logLevel' | 'logFormat'>): RootLog {
  const readable =
    config.logFormat === 'text' || (config.logFormat === 'auto' && process.stderr.isTTY === true)
  const options: pino.LoggerOptions = {
    level: config.logLevel,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: ['password', '*.password', 'secret', '*.secret', 'authorization', '*.authorization'],
  }
  const target = readable
    ? pretty({ destination: 2, sync: true, translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname' })
    : pino.destination({ dest: 2, sync: true })
  return pino(options, target)
}
