import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Where a Chromium is: `CHROMIUM_PATH`, then `PATH`; undefined when there is none. A variable that names nothing is an error. */
export function findChromium(env: Record<string, string | undefined>): string | undefined {
  const named = env['CHROMIUM_PATH'];
  if (named !== undefined && named !== '') {
    if (!existsSync(named)) throw new Error(`CHROMIUM_PATH names ${named}, which is not there`);
    return named;
  }
  const folders = [...(env['PATH'] ?? '').split(delimiter).filter(Boolean), '/usr/bin', '/usr/local/bin'];
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(existsSync);
}

/** Says, so that nobody overlooks it, that the page was not looked at. */
export function warnThatNothingIsLookedAt(): void {
  const line = '!'.repeat(100);
  process.stderr.write(
    `\n${line}\n!! NO CHROMIUM: the sandbox's page is NOT tested in a browser.\n` +
      `!! Debian, Ubuntu: sudo apt-get install chromium. Or name one in CHROMIUM_PATH.\n${line}\n\n`,
  );
}
