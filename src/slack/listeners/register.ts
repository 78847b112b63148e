import type { App } from '@slack/bolt';
import type { Listener, ListenerTable } from './listener-table.ts';

/** Hands the listeners to Bolt. Nothing is decided here. */
export function registerListeners(app: App, table: ListenerTable): void {
  for (const [name, listener] of Object.entries(table.commands)) {
    app.command(name, ({ body, ack, respond }) => listener({ body, ack: () => ack(), respond }));
  }
  for (const [name, listener] of Object.entries(table.actions)) {
    onAction(app, name, listener);
  }
  // Bolt runs every listener that matches, so this one matches only what the others do not.
  onAction(app, new RegExp(`^(?!(?:${Object.keys(table.actions).join('|')})$)`, 'u'), table.unknownAction);
  for (const [name, listener] of Object.entries(table.views)) {
    app.view({ callback_id: name, type: 'view_submission' }, ({ body, ack }) =>
      listener({ body, ack: (answer) => ack(answer), respond: undefined }),
    );
  }
}

function onAction(app: App, name: string | RegExp, listener: Listener): void {
  app.action(name, ({ body, ack, respond }) => listener({ body, ack: () => ack(), respond }));
}
