import type { CopyProgress } from '../cloud/data-plane.ts';
import type { PanelSection, Tone } from '../slack/page/protocol.ts';
import type { TrafficFigures } from '../traffic/protocol.ts';

/** What the page's side panel is drawn from. */
export interface PanelFacts {
  address: string;
  /** Instance that answers at the address now; undefined when nobody does. */
  holder: string | undefined;
  instances: {
    id: string;
    role: string;
    version: string;
    address: string;
    state: string;
    readOnly: boolean;
  }[];
  traffic: TrafficFigures | undefined;
  copy: CopyProgress | undefined;
  botRuns: boolean;
}

/** Pure: facts in, words out. */
export function panelsOf(facts: PanelFacts): PanelSection[] {
  return [
    addressPanel(facts),
    trafficPanel(facts.traffic),
    copyPanel(facts.copy),
    ...facts.instances.map((instance) => ({
      title: `${instance.role}: ${instance.id}`,
      rows: [
        ['Version', instance.version],
        ['Address', instance.address],
        ['State', instance.state, instance.state === 'running' ? 'good' : 'warning'],
        ['Writes', instance.readOnly ? 'refused' : 'accepted', instance.readOnly ? 'warning' : 'muted'],
      ] satisfies PanelSection['rows'],
    })),
  ];
}

function addressPanel({ address, holder, botRuns }: PanelFacts): PanelSection {
  return {
    title: `Address ${address}`,
    rows: [
      ['Held by', holder ?? 'nobody', holder === undefined ? 'bad' : 'good'],
      ['Bot', botRuns ? 'running' : 'not running', botRuns ? 'good' : 'bad'],
    ],
  };
}

function trafficPanel(figures: TrafficFigures | undefined): PanelSection {
  if (figures === undefined) return { title: 'Traffic', rows: [['State', 'starting', 'muted']] };
  const lost: Tone = figures.lostWrites > 0 ? 'bad' : 'good';
  return {
    title: 'Traffic through the address',
    rows: [
      ['Writes a second', whole(figures.writesLastSecond), figures.writesLastSecond > 0 ? 'good' : 'warning'],
      ['Reads a second', whole(figures.readsLastSecond), figures.readsLastSecond > 0 ? 'good' : 'warning'],
      ['Acknowledged', whole(figures.acknowledgedWrites)],
      ['Refused', whole(figures.refusedWrites), figures.refusedWrites > 0 ? 'warning' : 'muted'],
      ['Seen lost', whole(figures.lostWrites), lost],
      ['Longest write gap', `${whole(figures.writeGap.ms)} ms`],
      ['Longest read gap', `${whole(figures.readGap.ms)} ms`],
    ],
  };
}

function copyPanel(copy: CopyProgress | undefined): PanelSection {
  if (copy === undefined) return { title: 'Sync job', rows: [['State', 'none yet', 'muted']] };
  const lag = copy.lagBytes < 0 ? 'unknown' : `${whole(copy.lagBytes)} bytes`;
  return {
    title: 'Sync job',
    rows: [
      ['Phase', copy.phase, copy.phase === 'failed' ? 'bad' : 'good'],
      ['Full copy', `${whole(copy.percent)} %`],
      ['Keys', `${whole(copy.keysCopied)} of ${whole(copy.keysTotal)}`],
      ['Lag', lag],
    ],
  };
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
