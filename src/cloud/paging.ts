import type { Page } from './answers.ts';
import { CloudError } from './cloud-error.ts';
import type { CloudLimits } from './cloud-limits.ts';
import { UNEXPECTED } from './error-map.ts';

/**
 * All items of a paged list. A list with more than `listPages` pages rejects, since its beginning alone would pass for the whole.
 * Items that move to the next page while the pages are read may appear twice: `key` keeps one of each.
 */
export async function readAllPages<Item>(
  list: { action: string; page: (offset: number) => Promise<Page<Item>>; key: (item: Item) => string },
  limits: Pick<CloudLimits, 'listPages' | 'pageSize'>,
): Promise<Item[]> {
  const found = new Map<string, Item>();
  for (let index = 0; index < limits.listPages; index += 1) {
    const offset = index * limits.pageSize;
    const { total, items } = await list.page(offset);
    for (const item of items) {
      found.set(list.key(item), item);
    }
    if (items.length === 0 || offset + items.length >= total) {
      return [...found.values()];
    }
  }
  const facts = {
    ...UNEXPECTED,
    tencentCode: '',
    requestId: '',
    action: list.action,
    mayHaveHappened: false,
  };
  throw new CloudError(`${list.action}: more than ${limits.listPages} pages`, facts);
}
