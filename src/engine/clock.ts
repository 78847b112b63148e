/** Time as a port, so that a wait of days is tested in milliseconds. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
}
