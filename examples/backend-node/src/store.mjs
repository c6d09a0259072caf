// What is remembered over a restart: rooms, token, ETags, the calls of the day. One JSON file; a shop has a
// database for this.
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';

const EMPTY = {
  /** When all rooms were read first; null: not yet. */
  syncedAt: null,
  rooms: {},
  token: null,
  etags: {},
  /** Events that were taken in: id to time. */
  seen: {},
  calls: { day: '', count: 0 },
};

export class Store {
  constructor(file) {
    this.file = file;
    this.data = existsSync(file)
      ? { ...EMPTY, ...JSON.parse(readFileSync(file, 'utf8')) }
      : structuredClone(EMPTY);
  }

  /** Everything is on the disk when this returns, or the file is the one before. */
  save() {
    const next = `${this.file}.new`;
    // Access tokens stand in it.
    const handle = openSync(next, 'w', 0o600);
    try {
      writeSync(handle, JSON.stringify(this.data));
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(next, this.file);
  }
}
