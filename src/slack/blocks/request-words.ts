import type { ShownApproval } from '../approval-history.ts';
import type { Phrase } from './phrase.ts';

/** What a request says; the purposes differ in nothing else. */
export interface RequestWords {
  titles: Record<ShownApproval['status'], string>;
  /** Follows the mentions, and ends with when it expires. */
  question: Phrase;
  /** Who decided, when and why; empty while nobody has. */
  outcome: Phrase;
  /** What follows from an approval, while it is waited for. */
  consequences: readonly Phrase[];
  /** What was, or was not, moved. */
  settled: readonly Phrase[];
  /** Labels are ours; each figure is mrkdwn. */
  evidence: readonly (readonly [label: string, figure: string | undefined])[];
  warnings: readonly string[];
  fourEyes: string;
  approveLabel: string;
}
