// Modals and Home tabs: what is open for whom.
import type { JsonObject } from './json.ts';
import { maxViewStack } from './limits.ts';
import type { Workspace } from './workspace.ts';

export interface ViewContent extends JsonObject {
  type: 'modal' | 'home';
  blocks: JsonObject[];
}

export interface StoredView {
  id: string;
  user: string;
  hash: string;
  rootId: string;
  previousId?: string;
  content: ViewContent;
  /** Messages under input blocks after a refused submission: block_id to text. */
  errors: Record<string, string>;
}

/** Each person's stack of open modals, at most three high, and their Home tab. */
export class ViewStore {
  readonly #workspace: Workspace;
  readonly #stacks = new Map<string, StoredView[]>();
  readonly #homes = new Map<string, StoredView>();

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  /** Open modals of a person, the visible one last. */
  stack(user: string): readonly StoredView[] {
    return this.#stacks.get(user) ?? [];
  }

  home(user: string): StoredView | undefined {
    return this.#homes.get(user);
  }

  find(id: string): StoredView | undefined {
    return this.#all().find((view) => view.id === id);
  }

  findExternal(externalId: string): StoredView | undefined {
    return this.#all().find((view) => view.content['external_id'] === externalId);
  }

  /** Opens a modal in the place of whatever was open. */
  open(user: string, content: ViewContent): StoredView {
    const view = this.#create(user, content);
    this.#setStack(user, [view]);
    return view;
  }

  /** Puts a modal on top; undefined when the stack is full. */
  push(user: string, content: ViewContent): StoredView | undefined {
    const stack = this.stack(user);
    if (stack.length >= maxViewStack) return undefined;
    const view = this.#create(user, content);
    const below = stack.at(-1);
    if (below) {
      view.previousId = below.id;
      view.rootId = below.rootId;
    }
    this.#setStack(user, [...stack, view]);
    return view;
  }

  update(view: StoredView, content: ViewContent): StoredView {
    view.content = content;
    view.errors = {};
    view.hash = this.#newHash();
    this.#workspace.announce({ kind: 'views', user: view.user });
    return view;
  }

  showErrors(view: StoredView, errors: Record<string, string>): void {
    view.errors = errors;
    this.#workspace.announce({ kind: 'views', user: view.user });
  }

  publish(user: string, content: ViewContent): StoredView {
    const existing = this.#homes.get(user);
    if (existing) return this.update(existing, content);
    const view = this.#create(user, content);
    this.#homes.set(user, view);
    this.#workspace.announce({ kind: 'views', user });
    return view;
  }

  /** Closes one modal; the one below it shows again. */
  close(view: StoredView): void {
    this.#setStack(
      view.user,
      this.stack(view.user).filter((other) => other.id !== view.id),
    );
  }

  closeAll(user: string): void {
    this.#setStack(user, []);
  }

  /** The view as the Web API and payloads show it, with the state a person entered. */
  toWire(view: StoredView, values: JsonObject = {}): JsonObject {
    const { team, app } = this.#workspace.seed;
    return {
      id: view.id,
      team_id: team.id,
      app_id: app.id,
      app_installed_team_id: team.id,
      bot_id: app.botId,
      private_metadata: '',
      callback_id: '',
      external_id: '',
      title: null,
      submit: null,
      close: null,
      clear_on_close: false,
      notify_on_close: false,
      ...view.content,
      hash: view.hash,
      root_view_id: view.rootId,
      previous_view_id: view.previousId ?? null,
      state: { values },
    };
  }

  #create(user: string, content: ViewContent): StoredView {
    const id = this.#workspace.ids.entity('V');
    return { id, user, hash: this.#newHash(), rootId: id, content, errors: {} };
  }

  #newHash(): string {
    return `${this.#workspace.ids.timestamp()}.${this.#workspace.ids.secret(6)}`;
  }

  #setStack(user: string, stack: StoredView[]): void {
    this.#stacks.set(user, stack);
    this.#workspace.announce({ kind: 'views', user });
  }

  #all(): StoredView[] {
    return [...[...this.#stacks.values()].flat(), ...this.#homes.values()];
  }
}
