// Composition objects: text, options, confirmation dialogs.
import { also, array, boolean, byType, type Check, oneOf, report, shape, string, url } from './checks.ts';

export function plainText(max: number): Check {
  return byType({
    plain_text: shape({ required: { text: string({ min: 1, max }) }, optional: { emoji: boolean } }),
  });
}

export function mrkdwn(max: number): Check {
  return byType({
    mrkdwn: shape({ required: { text: string({ min: 1, max }) }, optional: { verbatim: boolean } }),
  });
}

export function anyText(max: number): Check {
  return byType({
    plain_text: shape({ required: { text: string({ min: 1, max }) }, optional: { emoji: boolean } }),
    mrkdwn: shape({ required: { text: string({ min: 1, max }) }, optional: { verbatim: boolean } }),
  });
}

const maxOptionCharacters = 75;

function optionWith(text: Check): Check {
  return shape({
    required: { text, value: string({ max: 150 }) },
    optional: { description: plainText(maxOptionCharacters), url },
  });
}

export const plainOption = optionWith(plainText(maxOptionCharacters));
export const option = optionWith(anyText(maxOptionCharacters));
export const optionGroup = shape({
  required: { label: plainText(75), options: array(plainOption, { min: 1, max: 100 }) },
});

export const confirm = shape({
  required: { text: anyText(300) },
  optional: {
    title: plainText(100),
    confirm: plainText(30),
    deny: plainText(30),
    style: oneOf('primary', 'danger'),
  },
});

export const conversationFilter = shape({
  optional: {
    include: array(oneOf('im', 'mpim', 'private', 'public'), { min: 1 }),
    exclude_external_shared_channels: boolean,
    exclude_bot_users: boolean,
  },
});

const slackFile = also(shape({ optional: { id: string(), url } }), (value, place) => {
  if ((value['id'] === undefined) === (value['url'] === undefined)) {
    report(place, 'must provide exactly one of id, url');
  }
});

/** Image fields shared by the block and the element: exactly one source. */
export function image(extra: Record<string, Check>): Check {
  return also(
    shape({
      required: { alt_text: string({ max: 2_000 }) },
      optional: { image_url: url, slack_file: slackFile, ...extra },
    }),
    (value, place) => {
      if ((value['image_url'] === undefined) === (value['slack_file'] === undefined)) {
        report(place, 'must provide exactly one of image_url, slack_file');
      }
    },
  );
}
