import { withIds } from '../block-kit/ids.ts';
import { problemText, validateView } from '../block-kit/validate.ts';
import { type JsonObject, objectsOf } from '../json.ts';
import { maxViewBytes } from '../limits.ts';
import type { StoredView, ViewContent } from '../views.ts';
import type { Arguments, Method, World } from './call.ts';
import { SlackFailure } from './failure.ts';

/** A view's content after Slack's checks, with ids filled in. Throws the refusal Slack would send. */
export function readView(value: unknown, world: World): ViewContent {
  if (typeof value !== 'object' || value === null) throw new SlackFailure('invalid_arguments');
  const problems = validateView(value, world.rules);
  if (problems.length > 0) {
    throw new SlackFailure('invalid_arguments', {
      response_metadata: { messages: problems.map(problemText) },
    });
  }
  if (Buffer.byteLength(JSON.stringify(value)) > maxViewBytes) throw new SlackFailure('view_too_large');
  const content = value as JsonObject;
  return {
    ...content,
    type: content['type'] === 'home' ? 'home' : 'modal',
    blocks: withIds(objectsOf(content['blocks']), () => world.workspace.ids.secret(5)),
  };
}

function triggeringUser(args: Arguments, world: World): { user: string; channel?: string } {
  const trigger = world.triggers.exchange(args.required('trigger_id', 'invalid_arguments'));
  if (typeof trigger === 'string') throw new SlackFailure(trigger);
  return trigger;
}

function open(args: Arguments, world: World): JsonObject {
  const content = readView(args.value('view'), world);
  const { user } = triggeringUser(args, world);
  return { view: world.views.toWire(world.views.open(user, content)) };
}

function push(args: Arguments, world: World): JsonObject {
  const content = readView(args.value('view'), world);
  const { user } = triggeringUser(args, world);
  const view = world.views.push(user, content);
  if (!view) throw new SlackFailure('push_limit_reached');
  return { view: world.views.toWire(view) };
}

function wantedView(args: Arguments, world: World): StoredView {
  const id = args.text('view_id');
  const external = args.text('external_id');
  if (id === undefined && external === undefined) throw new SlackFailure('invalid_arguments');
  const view = id === undefined ? world.views.findExternal(external ?? '') : world.views.find(id);
  if (!view) throw new SlackFailure('not_found');
  return view;
}

function checkHash(args: Arguments, view: StoredView | undefined): void {
  const hash = args.text('hash');
  if (hash !== undefined && view && hash !== view.hash) throw new SlackFailure('hash_conflict');
}

function update(args: Arguments, world: World): JsonObject {
  const content = readView(args.value('view'), world);
  const view = wantedView(args, world);
  checkHash(args, view);
  return { view: world.views.toWire(world.views.update(view, content)) };
}

function publish(args: Arguments, world: World): JsonObject {
  const user = args.required('user_id', 'invalid_arguments');
  if (!world.workspace.users.has(user)) throw new SlackFailure('user_not_found');
  const content = readView(args.value('view'), world);
  if (content.type !== 'home') throw new SlackFailure('invalid_arguments');
  checkHash(args, world.views.home(user));
  return { view: world.views.toWire(world.views.publish(user, content)) };
}

const tier = { perMinute: 100 } as const;

export const viewMethods: Record<string, Method> = {
  'views.open': { ...tier, run: open },
  'views.push': { ...tier, run: push },
  'views.update': { ...tier, run: update },
  'views.publish': { ...tier, run: publish },
};
