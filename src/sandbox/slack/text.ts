// What a person types is data: it reaches the app escaped, and only what names something real becomes a token.
import type { Workspace } from './workspace.ts';

/** Slack's escaping of the three characters that carry meaning in its markup. */
export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const typedReference = /(^|[\s(])([@#][a-z0-9][a-z0-9._-]*)/giu;
const typedLink = /https?:\/\/[^\s|]+/giu;

type Directory = Pick<Workspace, 'userByName' | 'usergroupByHandle' | 'channelByName'>;

function mention(name: string, directory: Directory): string | undefined {
  if (name === 'here' || name === 'channel' || name === 'everyone') return `<!${name}>`;
  const user = directory.userByName(name);
  if (user) return `<@${user.id}|${user.name}>`;
  const group = directory.usergroupByHandle(name);
  return group ? `<!subteam^${group.id}|@${group.handle}>` : undefined;
}

function channelLink(name: string, directory: Directory): string | undefined {
  const channel = directory.channelByName(name);
  return channel ? `<#${channel.id}|${channel.name}>` : undefined;
}

/** Escapes typed text and turns @name, #channel and links into tokens, as `should_escape` and the composer do. */
export function encodeTyped(text: string, directory: Directory): string {
  return escapeText(text)
    .replaceAll(typedLink, '<$&>')
    .replaceAll(typedReference, (whole: string, before: string, reference: string) => {
      const name = reference.slice(1);
      const token = reference.startsWith('@') ? mention(name, directory) : channelLink(name, directory);
      return token ? `${before}${token}` : whole;
    });
}
