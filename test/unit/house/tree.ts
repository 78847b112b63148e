import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The root of the repository. */
export const ROOT = join(import.meta.dirname, '../../..');

const NOT_OURS = new Set(['node_modules', 'dist', 'artifacts', 'coverage', '.git']);

/** Every file of the tree that is ours, relative to its root, with forward slashes. */
export function filesOfTheTree(): string[] {
  const found: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (NOT_OURS.has(entry.name)) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (statSync(path).isFile()) found.push(relative(ROOT, path));
    }
  };
  walk(ROOT);
  return found;
}

export function textOf(name: string): string {
  return readFileSync(join(ROOT, name), 'utf8');
}

/** TypeScript of the product, its tests, scripts and benchmarks. */
export function codeFiles(): string[] {
  return filesOfTheTree().filter((name) => name.endsWith('.ts'));
}
