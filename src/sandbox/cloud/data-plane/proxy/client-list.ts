/**
 * CLIENT LIST's answer without the cloud's own links, which come from the server's inner address; any other answer as it is.
 * Each client is listed by its own address, but with the port of the proxy's connection.
 */
export function withoutInnerLinks(reply: Buffer, innerHost: string): Buffer {
  const header = /^([$=])\d+\r\n/.exec(reply.toString('latin1', 0, 32));
  if (!header) return reply;
  const lines = reply.toString('latin1', header[0].length, reply.length - 2).split('\n');
  const shown = lines.filter((line) => !line.includes(` addr=${innerHost}:`)).join('\n');
  return Buffer.from(`${header[1]}${shown.length}\r\n${shown}\r\n`, 'latin1');
}
