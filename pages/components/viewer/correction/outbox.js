// Part of the corrector: operations on their way to the server, in order, each with the revision that
// it builds on. What cannot be sent waits and is sent again; a revision that another tab made in the
// meantime stops everything, so that nothing is overwritten.

const RETRY_MS = [500, 1000, 2000, 5000];
const MOST_BYTES_AT_ONCE = 4e6;
const MOST_BYTES_AT_THE_END = 60_000; // browsers take no more from a page that goes away

const FULL = 507; // of the server's disk

// The first of `entries`, as many as `bytes` hold, and one at least.
function batch(entries, bytes) {
  const sent = [];
  let left = bytes;
  for (const entry of entries) {
    left -= entry.patch.byteLength + 500;
    if (sent.length && left < 0) break;
    sent.push(entry);
  }
  return sent;
}

function post(address, entries, options = {}) {
  const body = new Blob(entries.map((entry) => encodeOperation(entry, entry.base)));
  return fetch(address, { method: "POST", body, ...options });
}

export const STATES = { saved: "saved", sending: "sending", offline: "offline", refused: "refused" };

export class Outbox {
  // `changed()`: after every change of `state` or `waiting`.
  constructor({ address, revision, store, changed }) {
    Object.assign(this, { address, revision, store, changed });
    this.waiting = []; // operations, the oldest first
    this.state = STATES.saved;
    this.sentence = ""; // why the server refused
    this.number = Date.now(); // of the next operation in the store
    this.failures = 0;
    this.online = () => this.send();
    window.addEventListener("online", this.online);
  }

  close() {
    clearTimeout(this.timer);
    window.removeEventListener("online", this.online);
    this.closed = true;
  }

  add(operation) {
    const entry = { ...operation, number: this.number++, base: this.revision + this.waiting.length };
    this.waiting.push(entry);
    this.store.keep(entry.number, entry);
    this.send();
  }

  async send() {
    clearTimeout(this.timer);
    if (this.inFlight || !this.waiting.length || this.state === STATES.refused) return;
    const sent = batch(this.waiting, MOST_BYTES_AT_ONCE);
    if (this.state === STATES.saved) this.state = STATES.sending;
    this.inFlight = true;
    this.changed();
    const { status, said } = await this.answerTo(sent);
    this.inFlight = false;
    if (this.closed) return;
    // 404: the server started again and the page asks it anew; 507: its disk is full.
    if (!status || status === 404 || status >= 500) this.tryAgain(status === FULL ? said : "");
    else if (status < 300) this.confirm(sent, said);
    else this.refuse(said);
    this.changed();
  }

  // What the server says, to its last word; nothing where it cannot be reached.
  async answerTo(entries) {
    try {
      const answer = await post(this.address, entries);
      return { status: answer.status, said: await (answer.ok ? answer.json() : answer.text()) };
    } catch {
      return {};
    }
  }

  // Sends what an earlier tab could not; returns the sentence of a refusal, "" where all is well.
  // What the server does not answer for stays in the store.
  static async deliver(address, store) {
    for (let left = await store.all(); left.length; ) {
      const sent = batch(left, MOST_BYTES_AT_ONCE);
      const answer = await post(address, sent);
      if (answer.status === 404 || answer.status >= 500) throw new Error(await answer.text());
      if (!answer.ok) {
        await store.clear();
        return answer.text();
      }
      for (const { number } of sent) await store.drop(number);
      left = left.slice(sent.length);
    }
    return "";
  }

  confirm(sent, { revision }) {
    this.revision = revision;
    this.failures = 0;
    this.waiting.splice(0, sent.length);
    for (const { number } of sent) this.store.drop(number);
    this.state = this.waiting.length ? STATES.sending : STATES.saved;
    this.sentence = "";
    this.send();
  }

  tryAgain(sentence) {
    this.state = STATES.offline;
    this.sentence = sentence;
    const wait = RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)];
    this.timer = setTimeout(() => this.send(), wait);
  }

  refuse(sentence) {
    this.state = STATES.refused;
    this.sentence = sentence;
  }

  // The page goes away: what waits and is small enough is handed to the browser to be sent.
  sendAtTheEnd() {
    if (!this.waiting.length || this.state === STATES.refused) return;
    const sent = batch(this.waiting, MOST_BYTES_AT_THE_END);
    if (sent[0].patch.byteLength < MOST_BYTES_AT_THE_END) post(this.address, sent, { keepalive: true }).catch(() => {});
  }
}
