import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { approvalHistory } from '../../../src/slack/approval-history.ts';
import { createApprovers } from '../../../src/slack/approvers.ts';
import { approvalMessage } from '../../../src/slack/blocks/approval-message.ts';
import { rejectionModal } from '../../../src/slack/blocks/rejection-modal.ts';
import { rollbackModal } from '../../../src/slack/blocks/rollback-choice.ts';
import { rootMessage } from '../../../src/slack/blocks/root-message.ts';
import { USAGE } from '../../../src/slack/command-line.ts';
import { createInFlight } from '../../../src/slack/listeners/in-flight.ts';
import { type ListenerTable, listenerTable } from '../../../src/slack/listeners/listener-table.ts';
import { createPeople } from '../../../src/slack/people.ts';
import { FakeService } from './fake-service.ts';
import { FakeSlack, silentLogger } from './fake-slack.ts';
import { before, journalOf, viewOf, waitingForApproval } from './sample-upgrade.ts';

const root = join(import.meta.dirname, '../../..');
const manifest = z
  .object({
    _metadata: z.object({ major_version: z.literal(2) }),
    features: z.object({
      slash_commands: z.array(
        z.object({
          command: z.string().max(32),
          usage_hint: z.string().max(1_000),
          should_escape: z.boolean(),
        }),
      ),
    }),
    oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()) }) }),
    settings: z.object({
      interactivity: z.object({ is_enabled: z.boolean() }),
      socket_mode_enabled: z.boolean(),
    }),
  })
  .parse(parse(readFileSync(join(root, 'manifest.yml'), 'utf8')));

/** The bot scopes that Slack documents for each Web API method. */
const SCOPES: Record<string, string[]> = {
  'auth.test': [],
  'chat.postMessage': ['chat:write'],
  'chat.update': ['chat:write'],
  'chat.postEphemeral': ['chat:write'],
  'files.uploadV2': ['files:write'],
  'views.open': [],
  'conversations.history': ['channels:history', 'groups:history'],
  'conversations.replies': ['channels:history', 'groups:history'],
  'users.info': ['users:read'],
  'usergroups.users.list': ['usergroups:read'],
};

function table(): ListenerTable {
  const client = new FakeSlack();
  const clock = { now: () => 0 };
  const approvers = createApprovers({ client, ids: [], cacheMs: 0, clock });
  return listenerTable({
    service: new FakeService(approvers),
    people: createPeople({ client, clock, cacheMs: 0 }),
    client,
    approvers: [],
    defaultChannel: undefined,
    inFlight: createInFlight(),
    logger: silentLogger,
  });
}

function callsInTheCode(): string[] {
  const folder = join(root, 'src/slack');
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const calls = sources.flatMap((name) => [
    ...readFileSync(join(folder, name), 'utf8').matchAll(/\bweb\.((?:\w+\.)+\w+)\(/gu),
  ]);
  return [...new Set(calls.map(([, method]) => method ?? ''))];
}

describe('the manifest', () => {
  it('has exactly the commands that are listened to, escaped and with interactivity on', () => {
    const { slash_commands: commands } = manifest.features;
    expect(commands.map((one) => one.command)).toEqual(Object.keys(table().commands));
    expect(commands.every((one) => one.should_escape)).toBe(true);
    expect(manifest.settings.interactivity.is_enabled).toBe(true);
  });

  it('hints at every subcommand', () => {
    const hint = manifest.features.slash_commands[0]?.usage_hint ?? '';
    for (const name of Object.keys(USAGE)) expect(hint).toMatch(new RegExp(`\\b${name}\\b`, 'u'));
  });

  it('asks for exactly the scopes of the methods that the code calls', () => {
    const methods = callsInTheCode();
    expect(methods.length).toBeGreaterThan(5);
    expect(methods.filter((method) => SCOPES[method] === undefined)).toEqual([]);
    const needed = new Set(['commands', ...methods.flatMap((method) => SCOPES[method] ?? [])]);
    expect([...manifest.oauth_config.scopes.bot].sort()).toEqual([...needed].sort());
  });
});

describe('the forms', () => {
  it('that are opened are all listened to', () => {
    const soaking = viewOf([...before('soak'), { type: 'step_started', step: 'soak' }]);
    const opened = [rejectionModal('{}'), rollbackModal(soaking, '{}')].map((view) => view.callback_id);
    expect(Object.keys(table().views)).toEqual(opened);
  });
});

describe('the buttons', () => {
  it('that are shown are all listened to', () => {
    const waiting = waitingForApproval();
    const [approval] = approvalHistory(journalOf(waiting), viewOf(waiting));
    if (approval === undefined) throw new Error('No approval in the journal');
    const soaking = viewOf([...before('soak'), { type: 'step_started', step: 'soak' }]);
    const shown = JSON.stringify([
      rootMessage(viewOf(waiting), 'cards'),
      rootMessage(soaking, 'cards'),
      approvalMessage({ approval, approvers: [] }),
    ]);
    const ids = [...shown.matchAll(/"action_id":"(\w+)"/gu)].map(([, id]) => id ?? '');
    expect(new Set(ids)).toEqual(
      new Set(['abort_upgrade', 'finish_upgrade', 'roll_back', 'approve_cutover', 'reject_cutover']),
    );
    expect(Object.keys(table().actions)).toEqual(expect.arrayContaining(ids));
  });
});
