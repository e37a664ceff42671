// The page holds no secret and needs no session: it asks public addresses.
const element = (id) => document.querySelector(`#${id}`)

/** Shows a word and marks how it is meant, for the colour beside it. */
function show(id, text, kind) {
  element(id).textContent = text
  element(id).dataset.kind = kind
}

/** An empty text hides the notice. */
function notice(id, text) {
  element(id).textContent = text
  element(id).hidden = text === ''
}

const ask = (path, options) => fetch(path, { cache: 'no-store', ...options })

async function showReadiness() {
  try {
    const [readiness, system] = await Promise.all([ask('/readyz'), ask('/api/v1/system/')])
    const { data } = await system.json()
    element('closed').hidden = !data.read_only
    showAccelerator(data)
    if (data.read_only) show('state', 'read-only', 'bad')
    else if (readiness.ok) show('state', 'ready', 'good')
    else show('state', 'starting, or not ready', 'wait')
  } catch {
    show('state', 'does not answer', 'bad')
  }
}

function showAccelerator({ accelerator, accelerator_reason: reason }) {
  if (accelerator === 'kvm') show('accelerator', 'KVM', 'good')
  else if (accelerator === 'tcg') show('accelerator', 'emulation (TCG)', 'wait')
  else show('accelerator', 'not known yet', 'wait')
  notice(
    'reason',
    accelerator === 'tcg'
      ? `Guests are emulated, many times slower: KVM does not work on this host (${reason})`
      : '',
  )
}

async function showVersion() {
  const response = await ask('/', { headers: { Accept: 'application/json' } })
  const { version } = await response.json()
  if (version) element('version').textContent = version
}

showVersion().catch(() => undefined)
showReadiness()
setInterval(showReadiness, 10_000)
