/** Time as a parameter: milliseconds since the epoch. */
export interface Clock {
  now(): number;
}
