import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PanelSection, Update } from '../page/protocol.ts';
import type { World } from '../web-api/call.ts';
import { snapshotFor, updateFor } from './page-state.ts';

const panelIntervalMs = 1_000;

interface Screen {
  user: string;
  response: ServerResponse;
}

/** The open screens: each gets a snapshot, then every change its person may see. */
export class LiveFeed {
  readonly #world: World;
  readonly #readPanels: () => PanelSection[];
  readonly #screens = new Set<Screen>();
  readonly #stopListening: () => void;
  readonly #timer: NodeJS.Timeout;
  #lastPanels = '';

  constructor(world: World, panels: () => PanelSection[]) {
    this.#world = world;
    this.#readPanels = panels;
    this.#stopListening = world.workspace.onChange((change) => {
      for (const screen of this.#screens) {
        const update = updateFor(world, screen.user, change);
        if (update) this.#send(screen, update);
      }
    });
    this.#timer = setInterval(() => this.#pushPanels(), panelIntervalMs);
    this.#timer.unref();
  }

  open(user: string, request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const screen = { user, response };
    this.#screens.add(screen);
    request.on('close', () => this.#screens.delete(screen));
    this.#send(screen, { kind: 'snapshot', snapshot: snapshotFor(this.#world, user, this.#readPanels()) });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#stopListening();
    for (const screen of this.#screens) screen.response.end();
  }

  #pushPanels(): void {
    if (this.#screens.size === 0) return;
    const panels = this.#readPanels();
    const text = JSON.stringify(panels);
    if (text === this.#lastPanels) return;
    this.#lastPanels = text;
    for (const screen of this.#screens) this.#send(screen, { kind: 'panels', panels });
  }

  #send(screen: Screen, update: Update): void {
    screen.response.write(`data: ${JSON.stringify(update)}\n\n`);
  }
}
