import { existsSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  map: 'application/json',
};

/** The compiled page: beside this code when it runs from the build, else in the build folder of the sources. */
function findPage(): string | undefined {
  const beside = fileURLToPath(new URL('../page/', import.meta.url));
  const built = fileURLToPath(new URL('../../../../dist/sandbox/slack/page/', import.meta.url));
  return [beside, built].find((folder) => existsSync(join(folder, 'main.js')));
}

/** Only this origin's own files run and load; nothing may frame the page. */
const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** Serves one file of the page by its bare name; false when there is none. */
export function servePageFile(path: string, response: ServerResponse): boolean {
  const name = path === '/' ? 'index.html' : path.slice(1);
  const extension = /^[a-z0-9-]+(?:\.js)?\.(html|css|js|map)$|^[a-z0-9-]+\.(html|css|js)$/u.exec(name);
  const type = types[extension?.[1] ?? extension?.[2] ?? ''];
  if (type === undefined) return false;
  const folder = findPage();
  if (folder === undefined) {
    response.writeHead(503, { ...pageHeaders, 'content-type': 'text/plain' });
    response.end('The page is not built yet: npm run build');
    return true;
  }
  if (!existsSync(join(folder, name))) return false;
  response.writeHead(200, { ...pageHeaders, 'content-type': type });
  response.end(readFileSync(join(folder, name)));
  return true;
}
