import { CompareError } from '../../compare/wire/compare-error.ts';
import type { Address, SideName } from './address.ts';

/** Why it could not be told, in words: what happened, and what to do about it. */
export interface Trouble {
  readonly code: string;
  /** Undefined when it cannot be told which side it was. */
  readonly side: SideName | undefined;
  readonly message: string;
  readonly cure: string;
}

/** Words for an error of one side. */
export function troubleOf(error: unknown, side: SideName | undefined, address: Address | undefined): Trouble {
  if (!(error instanceof CompareError)) {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { code: 'DEFECT', side, message, cure: 'This should not happen; please report it.' };
  }
  const who = side === undefined || address === undefined ? 'One of the two' : `The ${side} ${address.label}`;
  const { message, cure } = wordsOf(error, {
    who,
    side: side ?? 'server',
    hasPassword: address?.endpoint.password !== undefined,
  });
  return { code: error.code, side, message, cure };
}

interface About {
  readonly who: string;
  readonly side: string;
  readonly hasPassword: boolean;
}

function wordsOf(error: CompareError, { who, side, hasPassword }: About): { message: string; cure: string } {
  switch (error.code) {
    case 'COMPARE_CONNECT':
      return connectWords(error, who);
    case 'COMPARE_TIMEOUT':
      return {
        message: `${who} did not answer in time (${error.message}).`,
        cure: 'Does a firewall or security group let this machine through? Is the server overloaded? --gentle or --rate asks less of it.',
      };
    case 'COMPARE_AUTH':
      return authWords(error, { who, side, hasPassword });
    case 'COMPARE_NOT_READY':
      return {
        message: `${who} cannot serve now (${error.message}).`,
        cure: 'It may be loading its data, or a replica without its master: try again in a moment.',
      };
    case 'COMPARE_PROTOCOL':
      return {
        message: `${who} does not speak the Redis protocol (${error.message}).`,
        cure: 'Is it the right port, and one without TLS?',
      };
    case 'COMPARE_WRITE_REFUSED':
      return {
        message: `${who} takes no writes: ${error.message}`,
        cure: 'Only a side that takes writes can be repaired.',
      };
    case 'COMPARE_CHECKPOINT':
      return {
        message: `The state cannot be gone on with (${error.message}).`,
        cure: 'Leave out --resume to begin again.',
      };
    default:
      return {
        message: `${who} refuses a command (${error.message}).`,
        cure: 'The comparison needs INFO, SELECT, SCAN, TYPE, PTTL, EXISTS and the reading commands of every type.',
      };
  }
}

function connectWords(error: CompareError, who: string): { message: string; cure: string } {
  const said = error.message;
  if (/ENOTFOUND|EAI_AGAIN/u.test(said))
    return {
      message: `${who} has a name that cannot be resolved (${said}).`,
      cure: 'Is the name spelt right, and known to this machine?',
    };
  if (said.includes('closed') || said.includes('ECONNRESET'))
    return {
      message: `${who} closed the connection (${said}).`,
      cure: 'Was it restarted, does it wait for TLS, or does it have too many clients?',
    };
  return {
    message: `${who} cannot be reached (${said}).`,
    cure: 'Is it running, are host and port right, and does a firewall or security group let this machine through?',
  };
}

function authWords(
  error: CompareError,
  { who, side, hasPassword }: About,
): { message: string; cure: string } {
  if (error.message.includes('NOPERM'))
    return {
      message: `${who} does not let this user run a command (${error.message}).`,
      cure: 'Give the user +@read, INFO, SELECT, SCAN and AUTH on all keys, or take another user.',
    };
  return hasPassword
    ? {
        message: `${who} refuses the password.`,
        cure: `Check the password of the ${side} (and the user, if there is one): in its URL, where special characters are percent-encoded, or in the file of --credentials.`,
      }
    : {
        message: `${who} wants a password.`,
        cure: `Give it with --credentials FILE, { "${side}": { "password": "…" } }, or in the URL: redis://:PASSWORD@host:port.`,
      };
}

/** Troubles for people: what happened, and below it what to do. */
export function troubleLines(troubles: readonly Trouble[]): string[] {
  return troubles.flatMap(({ message, cure }) => (cure === '' ? [message] : [message, `  ${cure}`]));
}
