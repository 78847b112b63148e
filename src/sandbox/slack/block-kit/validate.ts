// Entry to the validator: whole messages and views, and the rules that span blocks.
import { type JsonObject, objectsOf, stringOf } from '../json.ts';
import { maxMessageBlocks, maxViewBlocks } from '../limits.ts';
import { blockShapes } from './blocks.ts';
import { array, boolean, byType, type Check, inside, type Problem, report, shape, string } from './checks.ts';
import { plainText } from './objects.ts';

export interface BlockRules {
  /** Block types this workspace does not know yet, e.g. `plan` and `task_card` on an older one. */
  refusedTypes: ReadonlySet<string>;
}

function knownBlocks(rules: BlockRules): Check {
  return byType(
    Object.fromEntries(Object.entries(blockShapes).filter(([type]) => !rules.refusedTypes.has(type))),
  );
}

/** Every object that carries an action_id, at any depth of a block. */
function actionIds(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(actionIds);
  if (typeof value !== 'object' || value === null) return [];
  const own = stringOf((value as JsonObject)['action_id']);
  return [...(own === undefined ? [] : [own]), ...Object.values(value).flatMap(actionIds)];
}

function twice(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}

function duplicateIds(blocks: JsonObject[], pointer: string): Problem[] {
  const blockIds = blocks.flatMap((block) => stringOf(block['block_id']) ?? []);
  const problems = twice(blockIds).map((id) => ({ pointer, message: `block_id "${id}" already exists` }));
  for (const [index, block] of blocks.entries()) {
    for (const id of twice(actionIds(block))) {
      problems.push({ pointer: `${pointer}/${index}`, message: `action_id "${id}" already exists` });
    }
  }
  return problems;
}

/** Problems of a message's blocks; empty when Slack would take them. */
export function validateBlocks(blocks: unknown, rules: BlockRules): Problem[] {
  const place = { pointer: '/blocks', problems: [] as Problem[] };
  array(knownBlocks(rules), { max: maxMessageBlocks })(blocks, place);
  return [...place.problems, ...duplicateIds(objectsOf(blocks), '/blocks')];
}

function viewShape(rules: BlockRules): Check {
  const shared = {
    private_metadata: string({ max: 3_000 }),
    callback_id: string({ max: 255 }),
    external_id: string({ max: 255 }),
  };
  const blocks = array(knownBlocks(rules), { max: maxViewBlocks });
  return byType({
    home: shape({ required: { blocks }, optional: shared }),
    modal: shape({
      required: { blocks, title: plainText(24) },
      optional: {
        ...shared,
        submit: plainText(24),
        close: plainText(24),
        clear_on_close: boolean,
        notify_on_close: boolean,
        submit_disabled: boolean,
      },
    }),
  });
}

/** Problems of a modal or Home view; empty when Slack would take it. */
export function validateView(view: unknown, rules: BlockRules): Problem[] {
  const place = { pointer: '/view', problems: [] as Problem[] };
  viewShape(rules)(view, place);
  const blocks = typeof view === 'object' && view !== null ? (view as JsonObject)['blocks'] : [];
  const hasInput = objectsOf(blocks).some((block) => block['type'] === 'input');
  const { type, submit } = (view ?? {}) as JsonObject;
  if (type === 'modal' && hasInput && submit === undefined) {
    report(inside(place, 'submit'), 'missing required field: submit (a view with input blocks needs it)');
  }
  return [...place.problems, ...duplicateIds(objectsOf(blocks), '/view/blocks')];
}

/** The problem in the words of `response_metadata.messages`. */
export function problemText(problem: Problem): string {
  return `[ERROR] ${problem.message} [json-pointer:${problem.pointer}]`;
}
