// Part of the corrector: what is not yet sent, kept in the browser too, so that a tab that is closed
// while the server cannot be reached loses nothing.

const DATABASE = "lamella-corrections";
const TABLE = "unsent";

function answered(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

// Keys are [correction, number], so that the operations of one correction come back in their order.
export class UnsentStore {
  constructor(correction) {
    this.correction = correction;
  }

  async table(mode) {
    if (!this.database) {
      const opening = indexedDB.open(DATABASE, 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore(TABLE);
      this.database = answered(opening);
    }
    return (await this.database).transaction(TABLE, mode).objectStore(TABLE);
  }

  // In a private window there may be no database: then the tab alone remembers.
  async attempt(mode, work) {
    try {
      return await answered(work(await this.table(mode)));
    } catch {
      return undefined;
    }
  }

  get range() {
    return IDBKeyRange.bound([this.correction, 0], [this.correction, Infinity]);
  }

  keep(number, operation) {
    return this.attempt("readwrite", (table) => table.put(operation, [this.correction, number]));
  }

  drop(number) {
    return this.attempt("readwrite", (table) => table.delete([this.correction, number]));
  }

  async all() {
    return (await this.attempt("readonly", (table) => table.getAll(this.range))) ?? [];
  }

  clear() {
    return this.attempt("readwrite", (table) => table.delete(this.range));
  }
}
