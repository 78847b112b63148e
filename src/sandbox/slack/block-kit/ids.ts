import { isObject, type JsonObject, objectsOf, stringOf } from '../json.ts';

const interactive = new Set([
  'button',
  'workflow_button',
  'overflow',
  'checkboxes',
  'radio_buttons',
  'datepicker',
  'timepicker',
  'datetimepicker',
  'feedback_buttons',
  'icon_button',
]);

function isInteractive(value: JsonObject): boolean {
  const type = stringOf(value['type']) ?? '';
  return interactive.has(type) || type.endsWith('_select') || type.endsWith('_input');
}

/** Interactive elements at any depth of a block. */
function elementsOf(value: unknown): JsonObject[] {
  if (Array.isArray(value)) return value.flatMap(elementsOf);
  if (!isObject(value)) return [];
  if (isInteractive(value)) return [value];
  return Object.values(value).flatMap(elementsOf);
}

/** A copy in which every block has a block_id and every interactive element an action_id, as Slack returns them. */
export function withIds(blocks: unknown, newId: () => string): JsonObject[] {
  const copy = objectsOf(structuredClone(blocks));
  for (const block of copy) {
    block['block_id'] ??= newId();
    for (const element of elementsOf(block)) element['action_id'] ??= newId();
  }
  return copy;
}

/** The interactive element with this action_id and the block_id around it. */
export function findElement(
  blocks: readonly JsonObject[],
  wanted: { actionId: string; blockId?: string; value?: string },
): { blockId: string; element: JsonObject } | undefined {
  const found = blocks
    .filter((block) => wanted.blockId === undefined || block['block_id'] === wanted.blockId)
    .flatMap((block) =>
      elementsOf(block)
        .filter((element) => element['action_id'] === wanted.actionId)
        .map((element) => ({ blockId: stringOf(block['block_id']) ?? '', element })),
    );
  return found.find(({ element }) => element['value'] === wanted.value) ?? found[0];
}
