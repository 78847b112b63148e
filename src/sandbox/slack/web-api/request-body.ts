import type { IncomingMessage } from 'node:http';
import { isObject, type JsonObject, parseJson } from '../json.ts';

class BodyTooLarge extends Error {}

/** Reads a request's whole body; rejects with BodyTooLarge above the limit. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new BodyTooLarge(`body of more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Fields that a form carries as JSON text. Everything else in a form stays a string. */
const jsonFields = new Set(['blocks', 'attachments', 'metadata', 'view', 'files', 'message']);

function fromForm(text: string): JsonObject {
  const fields: JsonObject = {};
  for (const [key, value] of new URLSearchParams(text)) {
    // A JSON field that is no JSON is kept as text; the method refuses it in its own words.
    fields[key] = jsonFields.has(key) ? (parseJson(value) ?? value) : value;
  }
  return fields;
}

/** Arguments of a Web API call from a form or a JSON body. */
export function parseArguments(contentType: string, body: Buffer): JsonObject {
  const text = body.toString('utf8');
  if (!contentType.startsWith('application/json')) return fromForm(text);
  const value = parseJson(text);
  return isObject(value) ? value : {};
}

/** The content of the first file part of a multipart body; the body itself when it is not multipart. */
export function uploadedBytes(contentType: string, body: Buffer): Buffer {
  const boundary = /multipart\/form-data;.*boundary="?([^";]+)"?/iu.exec(contentType)?.[1];
  if (boundary === undefined) return body;
  const start = body.indexOf('\r\n\r\n');
  const end = body.indexOf(`\r\n--${boundary}`, start);
  return start < 0 || end < 0 ? body : body.subarray(start + 4, end);
}
