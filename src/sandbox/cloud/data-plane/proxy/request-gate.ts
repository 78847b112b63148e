import type { Architecture, EngineVersion } from '../../data-plane.ts';
import { encodeCommand } from '../resp/encode-command.ts';
import type { RequestParser } from '../resp/request-parser.ts';
import type { CommandInfo, CommandTable } from '../versions/command-table.ts';
import { helloWithShownVersion, withShownVersion } from '../versions/posed-version.ts';
import { unknownCommand, unknownSubcommand, wrongArity } from '../versions/refusal-text.ts';
import { aggregateAcrossSlots } from './aggregate-across-slots.ts';
import { withoutInnerLinks } from './client-list.ts';
import { type Fence, fencedScript, isScript, readOnlyMessage, transactionRefusal } from './fence.ts';
import { endTransaction, type Session } from './session.ts';
import { subscriptionChange, subscriptionTicket } from './subscriptions.ts';
import {
  monitorTicket,
  ordinaryTickets,
  queuedWrite,
  refusal,
  rewritten,
  type Ticket,
  writingExec,
} from './ticket.ts';
import { isWithheld } from './withheld-commands.ts';

export interface GateOptions {
  version: EngineVersion;
  architecture: Architecture;
  /** Set when the real server is of another version than the instance shows. */
  posesAs: EngineVersion | undefined;
  commands: CommandTable;
  fence: Fence;
  /** Where the cloud's own links to the server come from: clients do not see them. */
  innerHost?: string;
}

/** Judges requests: which the server gets, as they are or changed, and which are refused with what words. */
export class RequestGate {
  readonly #options: GateOptions;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** Judges the request that `request` is at, and notes in `session` what it changes there. */
  judge(request: RequestParser, session: Session): Ticket {
    const name = request.lowerCase(0);
    const info = this.#options.commands.get(name);
    const problem = this.#problem(name, info, request);
    if (problem !== undefined || !info) {
      if (session.inTransaction) session.transactionFailed = true;
      return refusal(problem ?? unknownCommand(this.#options.version, request));
    }
    return this.#special(name, request, session) ?? this.#ordinary(name, info, session);
  }

  /** Why the request is refused: not there in this version, withheld, or a write while the instance is read-only. */
  #problem(name: string, info: CommandInfo | undefined, request: RequestParser): string | undefined {
    const { version, fence } = this.#options;
    if (!info || isWithheld(name, request)) return unknownCommand(version, request);
    if (info.absentSubcommands.size > 0 && info.absentSubcommands.has(request.lowerCase(1))) {
      return unknownSubcommand(version, request);
    }
    for (const rule of info.optionRules) {
      if (rule.uses(request)) return rule.refusal === 'arity' ? wrongArity(name) : 'ERR syntax error';
    }
    return fence.readOnly && this.#writes(name, info, request) ? readOnlyMessage : undefined;
  }

  #writes(name: string, info: CommandInfo, request: RequestParser): boolean {
    if (info.category === 'write') return true;
    if (info.writingSubcommands.size > 0) return info.writingSubcommands.has(request.lowerCase(1));
    // PFCOUNT keeps its result in the value it reads: after the fence not even that byte may change.
    if (name === 'pfcount') return true;
    return isScript(name) && !this.#options.fence.serverRefusesWritingScripts;
  }

  #special(name: string, request: RequestParser, session: Session): Ticket | undefined {
    switch (name) {
      case 'multi':
        session.inTransaction = true;
        return undefined;
      case 'discard':
      case 'reset':
        endTransaction(session);
        return undefined;
      case 'exec':
        return this.#exec(session);
      case 'monitor':
        return monitorTicket;
      case 'client':
        return this.#client(request);
      case 'info':
        return this.#rewriteReply(withShownVersion);
      case 'hello':
        return this.#rewriteReply(helloWithShownVersion);
      default:
        break;
    }
    if (isScript(name)) return this.#script(name, request, session);
    const change = subscriptionChange(name);
    if (change) return subscriptionTicket(change, request, session);
    if (this.#options.architecture === 'cluster' && !session.inTransaction) {
      return aggregateAcrossSlots(name, request);
    }
    return undefined;
  }

  #client(request: RequestParser): Ticket | undefined {
    const { innerHost } = this.#options;
    if (innerHost === undefined || request.lowerCase(1) !== 'list') return undefined;
    return rewritten({ transform: ([reply]) => withoutInnerLinks(reply ?? Buffer.alloc(0), innerHost) });
  }

  #ordinary(name: string, info: CommandInfo, session: Session): Ticket {
    if (info.category !== 'write' && name !== 'pfcount') return ordinaryTickets[info.category];
    if (!session.inTransaction) return ordinaryTickets.write;
    session.transactionWrites = true;
    return queuedWrite;
  }

  #exec(session: Session): Ticket | undefined {
    const { inTransaction, transactionFailed, transactionWrites } = session;
    endTransaction(session);
    if (!inTransaction) return undefined;
    const refused = transactionRefusal(this.#options.fence.readOnly && transactionWrites, transactionFailed);
    if (refused) {
      return rewritten({ send: [encodeCommand(['DISCARD'])], transform: () => refused });
    }
    return transactionWrites ? writingExec : undefined;
  }

  #script(name: string, request: RequestParser, session: Session): Ticket {
    if (this.#options.fence.readOnly) return fencedScript(name, request);
    if (name.endsWith('_ro')) return ordinaryTickets.read;
    if (!session.inTransaction) return ordinaryTickets.write;
    session.transactionWrites = true;
    return queuedWrite;
  }

  #rewriteReply(change: (reply: Buffer, version: EngineVersion) => Buffer): Ticket | undefined {
    const { posesAs } = this.#options;
    if (posesAs === undefined) return undefined;
    return rewritten({ transform: ([reply]) => change(reply ?? Buffer.alloc(0), posesAs) });
  }
}
