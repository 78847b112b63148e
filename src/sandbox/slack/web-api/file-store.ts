import type { Ids } from '../ids.ts';

export interface StoredFile {
  id: string;
  name: string;
  title: string;
  /** The length announced before the upload. */
  size: number;
  uploadTicket: string;
  content?: Buffer;
  shared: boolean;
}

/** Files on their way through the external upload flow. */
export class FileStore {
  readonly #files = new Map<string, StoredFile>();
  readonly #ids: Ids;

  constructor(ids: Ids) {
    this.#ids = ids;
  }

  announce(name: string, size: number): StoredFile {
    const file: StoredFile = {
      id: this.#ids.entity('F'),
      name,
      title: name,
      size,
      uploadTicket: this.#ids.secret(),
      shared: false,
    };
    this.#files.set(file.id, file);
    return file;
  }

  byTicket(ticket: string): StoredFile | undefined {
    return [...this.#files.values()].find((file) => file.uploadTicket === ticket);
  }

  get(id: string): StoredFile | undefined {
    return this.#files.get(id);
  }
}
