import pino from 'pino'
import type { RootLog } from '../../src/main/log.ts'

/** Says nothing, unless a test run is asked to show the appliance's own words (NACELLE_TEST_LOG=1). */
export const quietLog = (): RootLog =>
  pino({ level: process.env['NACELLE_TEST_LOG'] === '1' ? 'debug' : 'silent', base: undefined })
