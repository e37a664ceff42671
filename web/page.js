// The page holds no secret and needs no session: it asks two public addresses.
const stateElement = document.querySelector('#state')

/** Shows a word and marks how it is meant, for the colour beside it. */
function showState(text, kind) {
  stateElement.textContent = text
  stateElement.dataset.kind = kind
}

async function showReadiness() {
  try {
    const response = await fetch('/readyz', { cache: 'no-store' })
    if (response.ok) showState('ready', 'good')
    else showState('starting, or not ready', 'wait')
  } catch {
    showState('does not answer', 'bad')
  }
}

async function showVersion() {
  const response = await fetch('/', { headers: { Accept: 'application/json' }, cache: 'no-store' })
  const { version } = await response.json()
  if (version) document.querySelector('#version').textContent = version
}

showVersion().catch(() => undefined)
showReadiness()
setInterval(showReadiness, 10_000)
