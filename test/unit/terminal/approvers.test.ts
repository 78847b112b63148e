import { describe, expect, it } from 'vitest';
import type { Person } from '../../../src/service/upgrade-service.ts';
import { createTerminalApprovers } from '../../../src/terminal/approvers.ts';

const anna: Person = { kind: 'person', via: 'terminal', id: 'U0ANNA', osUser: 'deploy' };

async function wordsFor(ids: string[], person = anna): Promise<string> {
  const said = await createTerminalApprovers(ids).check(person);
  return said.ok ? 'allowed' : `${said.refusal.code}: ${said.refusal.message}`;
}

describe('an approver at the terminal', () => {
  it('is who is listed by themselves', async () => {
    expect(await wordsFor(['S0GROUP', 'U0ANNA'])).toBe('allowed');
  });

  it('is nobody while nobody is configured', async () => {
    expect(await wordsFor([])).toMatch(/^no_approvers: .*REDIS_UPGRADE_APPROVERS is empty\. Put/u);
  });

  it('is not a member of a group, which cannot be read: the refusal names it and the cure', async () => {
    const said = await wordsFor(['S0GROUP', 'U0BERT']);
    expect(said).toMatch(/^not_an_approver: U0ANNA is not listed by itself in REDIS_UPGRADE_APPROVERS/u);
    expect(said).toContain('(S0GROUP) cannot be read while Slack is down');
    expect(said).toContain('add the id to REDIS_UPGRADE_APPROVERS');
  });

  it('is not told of groups where there is none', async () => {
    expect(await wordsFor(['U0BERT'])).not.toContain('group');
  });

  it('is not somebody who came by Slack', async () => {
    expect(await wordsFor(['U0ANNA'], { kind: 'person', via: 'slack', id: 'U0ANNA' })).toContain(
      'not_an_approver',
    );
  });
});
