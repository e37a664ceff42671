// Rows keep their places while somebody aims at them, whatever the appliance says meanwhile; what they say is always new.

export interface Row {
  id: string
}

export interface Listed<T extends Row> {
  total: number
  /** By place; what has not come yet is missing. */
  rows: ReadonlyMap<number, T>
}

interface Held<T extends Row> {
  total: number
  places: Map<number, T>
}

/** Decides what is shown at which place; one for each list on the screen. */
export class HeldOrder<T extends Row> {
  private held: Held<T> | undefined

  /** The list as it is to be shown: as it is, or, while `isHeld`, in the order in which it was when that began. */
  show(listed: Listed<T>, isHeld: boolean): Listed<T> {
    if (!isHeld) {
      this.held = undefined
      return listed
    }
    this.held ??= { total: listed.total, places: new Map(listed.rows) }
    const { total, places } = this.held
    const known = new Map([...listed.rows.values()].map((row) => [row.id, row]))
    const taken = new Set([...places.values()].map(({ id }) => id))
    for (const [place, row] of listed.rows)
      if (!places.has(place) && place < total && !taken.has(row.id)) places.set(place, row)
    for (const [place, row] of places) places.set(place, known.get(row.id) ?? row)
    return { total, rows: places }
  }
}
