import type { EngineVersion } from '../../data-plane.ts';

/** The full version that an instance shows, as its newest release of that line. */
const shownVersions: Readonly<Record<EngineVersion, string>> = {
  '2.8': '2.8.24',
  '4.0': '4.0.14',
  '5.0': '5.0.14',
  '6.2': '6.2.14',
  '7.0': '7.0.15',
};

/** The version to pose as; undefined when the real server is of that line and needs not. */
export function posedVersion(version: EngineVersion, realVersion: string): EngineVersion | undefined {
  return realVersion.startsWith(`${version}.`) ? undefined : version;
}

/** INFO's answer with the shown version in it; any other answer (an error, another section) as it is. */
export function withShownVersion(reply: Buffer, version: EngineVersion): Buffer {
  const header = /^([$=])\d+\r\n/.exec(reply.toString('latin1', 0, 32));
  if (!header) return reply;
  const body = reply.toString('latin1', header[0].length, reply.length - 2);
  const changed = body
    .replace(/^(redis_version|valkey_version):.*$/gm, `$1:${shownVersions[version]}`)
    .replace(/^server_name:.*\r?\n/gm, '');
  return Buffer.from(`${header[1]}${changed.length}\r\n${changed}\r\n`, 'latin1');
}

/** HELLO's answer, a list or a map, with the shown version in it. */
export function helloWithShownVersion(reply: Buffer, version: EngineVersion): Buffer {
  const shown = shownVersions[version];
  const changed = reply
    .toString('latin1')
    .replace(/(\$7\r\nversion\r\n)\$\d+\r\n[^\r\n]*\r\n/, `$1$${shown.length}\r\n${shown}\r\n`);
  return Buffer.from(changed, 'latin1');
}
