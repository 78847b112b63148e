/** An invariant that a history breaks, and how. */
export interface Violation {
  invariant:
    | 'no-lost-write'
    | 'honest-loss'
    | 'one-writer'
    | 'address-never-orphaned'
    | 'no-cutover-without-approval'
    | 'bounded-cutover'
    | 'one-runner'
    | 'crash-anywhere'
    | 'secrets-stay-home'
    | 'determinism';
  message: string;
}
