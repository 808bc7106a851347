// Confirmation of what cannot be taken back.
export interface Confirmation {
  /** `destroy the local server and 1.2 GB of data in /...` */
  readonly what: string
  /** Severe: this word has to be typed. */
  readonly typed?: string | undefined
}
