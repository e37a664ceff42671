// Entry of the little executable that test/packaging.test.ts builds: uses everything that is embedded, says so in JSON.
import { spawn } from '@lydell/node-pty'
import Database from 'better-sqlite3'
import { loadSqliteBinding } from '../../src/packaging/addons.ts'
import { listAssets, packaged, readAsset } from '../../src/packaging/assets.ts'
import { version } from '../../src/packaging/version.ts'

const database = new Database(':memory:', { nativeBinding: loadSqliteBinding() as never })
const sum = database.prepare('select 40 + 2').pluck().get()

let terminal = ''
const child = spawn('/bin/echo', ['through a terminal'], { cols: 80, rows: 24, cwd: '/', env: {} })
child.onData((text) => {
  terminal += text
})
child.onExit(() => {
  console.log(
    JSON.stringify({
      packaged,
      version,
      sum,
      terminal: terminal.trim(),
      migrations: listAssets('migrations/').length,
      page: new TextDecoder().decode(readAsset('web/index.html')).includes('<title>Nacelle</title>'),
      sources: listAssets('web/').filter((name) => /\.tsx?$/.test(name)),
      outside: readAsset('web/../package.json') ?? readAsset('/etc/passwd') ?? null,
    }),
  )
})
