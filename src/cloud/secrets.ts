const REDACTED = '[redacted]';

/** `requirepass=…`, `"Password": "…"`, `AUTH …` in texts of servers: cut even when the value is one we never learnt. */
const TELLTALES = [
  /((?:password|passwd|requirepass|masterauth|secretkey)["']?[ \t]*[:=][ \t]*["']?)[^\s"',;}]+/gi,
  /(\bAUTH[ \t]+)[^\s"',;}]+/g,
];
const SECRET_KEY = /^(password|tmpsecretkey|tmpsecretid|tmptoken)$/i;

/**
 * Remembers every secret that passed through this room and cuts it out of each text that leaves it. Tencent prints
 * passwords in clear: in DescribeMigrationDetail's SrcInfo and DstInfo, and whatever an error message chooses to quote.
 */
export interface Secrets {
  learn(...values: (string | undefined)[]): void;
  /** Learns whatever stands under a password-like key of an answer, at any depth. */
  learnFrom(answer: unknown): void;
  redact(text: string): string;
}

export function createSecrets(): Secrets {
  const known = new Set<string>();

  function learn(...values: (string | undefined)[]): void {
    for (const value of values) {
      // A value of asterisks is somebody else's redaction.
      if (value !== undefined && !/^\**$/.test(value)) {
        for (const form of [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)]) {
          known.add(form);
        }
      }
    }
  }

  function learnFrom(answer: unknown): void {
    if (typeof answer !== 'object' || answer === null) {
      return;
    }
    for (const [key, value] of Object.entries(answer)) {
      if (typeof value === 'string' && SECRET_KEY.test(key)) {
        learn(value);
      }
      learnFrom(value);
    }
  }

  return {
    learn,
    learnFrom,
    redact(text) {
      // Longest first: a password that holds another one must not leave its rest behind.
      const longestFirst = [...known].sort((a, b) => b.length - a.length);
      const cut = longestFirst.reduce((left, secret) => left.split(secret).join(REDACTED), text);
      return TELLTALES.reduce((left, telltale) => left.replace(telltale, `$1${REDACTED}`), cut);
    },
  };
}
