import { describe, expect, it } from 'vitest';
import type { Person } from '../../../src/service/upgrade-service.ts';
import { createApprovers } from '../../../src/slack/approvers.ts';
import { SlackRefused } from '../../../src/slack/slack-error.ts';
import { FakeSlack, silence } from './fake-slack.ts';

const anna: Person = { kind: 'person', via: 'slack', id: 'U0APPROVER1', teamId: 'T0SANDBOX01' };
const GROUP = 'S0APPROVERS';

function setUp(ids: string[], cacheMs = 0) {
  const slack = new FakeSlack();
  slack.addMember(anna.id);
  slack.groups.set(GROUP, [anna.id]);
  const clock = { now: () => clock.atMs, atMs: 0 };
  return { slack, clock, approvers: createApprovers({ client: slack, ids, cacheMs, clock }) };
}

async function refusalOf(approvers: ReturnType<typeof createApprovers>, person: Person): Promise<string> {
  const outcome = await approvers.check(person);
  return outcome.ok ? 'accepted' : `${outcome.refusal.code}: ${outcome.refusal.message}`;
}

describe('an approver', () => {
  it('is a listed user', async () => {
    const { approvers } = setUp([anna.id]);
    expect(await refusalOf(approvers, anna)).toBe('accepted');
  });

  it('is a member of a listed group', async () => {
    const { approvers } = setUp([GROUP]);
    expect(await refusalOf(approvers, anna)).toBe('accepted');
  });

  it('is nobody when nobody is configured, and the answer names the setting', async () => {
    const { approvers } = setUp([]);
    expect(await refusalOf(approvers, anna)).toMatch(/^no_approvers: .*REDIS_UPGRADE_APPROVERS/u);
  });

  it('is nobody when only rubbish is configured', async () => {
    const { approvers } = setUp(['@anna', '']);
    expect(approvers.configured()).toEqual([]);
    expect(await refusalOf(approvers, anna)).toMatch(/^no_approvers/u);
  });

  it('is not a stranger', async () => {
    const { approvers, slack } = setUp([anna.id, GROUP]);
    slack.addMember('U0STRANGER1');
    expect(await refusalOf(approvers, { ...anna, id: 'U0STRANGER1' })).toMatch(/^not_an_approver/u);
  });

  it('is not somebody at the terminal who calls themselves so', async () => {
    const { approvers } = setUp([anna.id]);
    expect(await refusalOf(approvers, { ...anna, via: 'terminal' })).toMatch(/^not_an_approver/u);
  });

  it.each([
    ['foreign_team', { teamId: 'T0OTHER' }],
    ['deactivated', { deactivated: true }],
    ['guest', { isGuest: true }],
    ['bot', { isBot: true }],
  ])('is refused as %s although listed', async (code, change) => {
    const { approvers, slack } = setUp([anna.id]);
    slack.addMember(anna.id, change);
    expect(await refusalOf(approvers, anna)).toMatch(new RegExp(`^${code}:`, 'u'));
  });

  it('is refused when the payload comes from another team, whatever the directory says', async () => {
    const { approvers } = setUp([anna.id]);
    expect(await refusalOf(approvers, { ...anna, teamId: 'T0OTHER' })).toMatch(/^foreign_team/u);
    expect(await refusalOf(approvers, { kind: 'person', via: 'slack', id: anna.id })).toMatch(
      /^foreign_team/u,
    );
  });
});

describe('what cannot be read counts against the person', () => {
  it('when the group is unreadable, with the cure for a free plan', async () => {
    const { approvers, slack } = setUp([GROUP]);
    slack.before.usergroupMembers = [
      new SlackRefused('usergroups.users.list', 'plan_upgrade_required'),
      silence(),
    ];
    expect(await refusalOf(approvers, anna)).toMatch(/^approvers_unreadable: .*list user ids \(U…\)/u);
    expect(await refusalOf(approvers, anna)).toMatch(/^approvers_unreadable: .*try again/u);
    expect(await refusalOf(approvers, anna)).toBe('accepted');
  });

  it('when one group is unreadable but another lists them, they may', async () => {
    const { approvers } = setUp(['S0MISSING01', GROUP]);
    expect(await refusalOf(approvers, anna)).toBe('accepted');
  });

  it('when the person is unreadable', async () => {
    const { approvers, slack } = setUp([anna.id]);
    slack.before.user = [silence()];
    expect(await refusalOf(approvers, anna)).toMatch(/^person_unreadable/u);
  });
});

describe('the group is read at the moment of the decision', () => {
  it('so somebody taken out of it may not approve any more, at the latest after the cache time', async () => {
    const { approvers, slack, clock } = setUp([GROUP], 2_000);
    expect(await refusalOf(approvers, anna)).toBe('accepted');
    slack.groups.set(GROUP, []);
    clock.atMs = 1_999;
    expect(await refusalOf(approvers, anna)).toBe('accepted');
    clock.atMs = 2_000;
    expect(await refusalOf(approvers, anna)).toMatch(/^not_an_approver/u);
  });
});
