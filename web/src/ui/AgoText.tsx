import { useTranslation } from 'react-i18next'
import { agoText, parseTime, timeText } from './format.ts'
import { useNow } from './use-now.ts'

/** How long ago something was, with the exact time at the pointer. */
export function AgoText({ time }: { time: string | number }) {
  const { i18n } = useTranslation()
  const now = useNow()
  const date = parseTime(time)
  // A browser's clock may go before the appliance's.
  const seen = Math.min(date.getTime(), now)
  return (
    <time dateTime={date.toISOString()} title={timeText(date, i18n.language)}>
      {agoText(seen, now, i18n.language)}
    </time>
  )
}
