import type { Clock } from '../clock.ts';
import type { Ids } from '../ids.ts';

export interface StoredFile {
  id: string;
  name: string;
  title: string;
  /** The length announced before the upload. */
  size: number;
  uploadTicket: string;
  announcedAtMs: number;
  content?: Buffer;
  /** Completed: neither uploaded nor completed a second time. */
  shared: boolean;
}

/** Why bytes were not taken; Slack documents neither the words nor how long an address is good for. */
type UploadRefusal = 'unknown or used upload address' | 'expired upload address' | 'wrong length';

/** Files on their way through the external upload flow. */
export class FileStore {
  readonly #files = new Map<string, StoredFile>();
  readonly #parts: { ids: Ids; clock: Clock; uploadUrlLifeMs: number };

  constructor(parts: { ids: Ids; clock: Clock; uploadUrlLifeMs: number }) {
    this.#parts = parts;
  }

  announce(name: string, size: number): StoredFile {
    const { ids, clock } = this.#parts;
    const file: StoredFile = {
      id: ids.entity('F'),
      name,
      title: name,
      size,
      uploadTicket: ids.secret(),
      announcedAtMs: clock.now(),
      shared: false,
    };
    this.#files.set(file.id, file);
    return file;
  }

  /** Takes the bytes posted to an upload address. The address itself is the permission: no token is asked for. */
  upload(ticket: string, content: Buffer): UploadRefusal | undefined {
    const { clock, uploadUrlLifeMs } = this.#parts;
    const file = [...this.#files.values()].find((one) => one.uploadTicket === ticket);
    if (file === undefined || file.shared) return 'unknown or used upload address';
    if (clock.now() - file.announcedAtMs > uploadUrlLifeMs) return 'expired upload address';
    if (content.length !== file.size) return 'wrong length';
    file.content = content;
    return undefined;
  }

  get(id: string): StoredFile | undefined {
    return this.#files.get(id);
  }
}
