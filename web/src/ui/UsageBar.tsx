export interface UsageBarProps {
  /** Names what is measured, for screen readers. */
  label: string
  /** From 0 to 1; more is shown as full. */
  ratio: number
  /** The figure beside the bar. */
  text: string
}

const high = 0.9
const raised = 0.75

/** A small bar with its figure. */
export function UsageBar({ label, ratio, text }: UsageBarProps) {
  const level = ratio >= high ? 'high' : ratio >= raised ? 'raised' : 'normal'
  return (
    <span className="usage-bar">
      <meter
        className={`usage-bar-meter usage-bar-${level}`}
        min={0}
        max={1}
        value={Math.min(1, ratio)}
        aria-label={label}
      >
        {text}
      </meter>
      <span className="usage-bar-text">{text}</span>
    </span>
  )
}
