/** A certificate (with its chain) and key, both PEM. */
export interface CertificatePair {
  cert: string
  key: string
}

/** Where the server gets its certificate from; it may change while the server runs. */
export interface CertificateSource {
  current(): CertificatePair
  /** Reads or makes it again; the listener hears of it when it differs. */
  refresh(): Promise<void>
  onChange(listener: (pair: CertificatePair) => void): void
  /** Given by the operator, hence trusted by browsers, unlike one that we made. */
  given: boolean
}
