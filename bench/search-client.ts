// The part of search.ts that asks: writes the milliseconds of each request as a JSON list.
interface Request {
  session: string
  requests: number
  atOnce: number
  questions: object[]
}

const { session, requests, atOnce, questions } = JSON.parse(process.argv[2] ?? '{}') as Request
const warmUps = 50
const times: number[] = []
let next = 0

async function ask(index: number): Promise<void> {
  const begun = performance.now()
  const response = await fetch('http://127.0.0.1:5870/api/v1/search/guests/', {
    method: 'POST',
    headers: { authorization: `Bearer ${session}`, 'content-type': 'application/json' },
    body: JSON.stringify({ limit: 50, ...questions[index % questions.length] }),
  })
  const text = await response.text()
  const elapsedMs = performance.now() - begun
  const found = JSON.parse(text) as { data: { result: unknown[]; total: number } }
  if (!response.ok || (index % questions.length < 4 && found.data.result.length !== 50))
    throw new Error(`HTTP ${response.status}: ${text.slice(0, 300)}`)
  if (index >= warmUps) times.push(elapsedMs)
}

async function work(): Promise<void> {
  while (next < requests + warmUps) await ask(next++)
}

await Promise.all(Array.from({ length: atOnce }, work))
process.stdout.write(JSON.stringify(times))
