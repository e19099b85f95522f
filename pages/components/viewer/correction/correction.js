// Part of the corrector: one correction, as this tab knows it: map, objects, what can be undone, and
// what is still on its way to the server.

const [PHASE, ORIGIN, CORRECTED, CONFIRMED] = [0, 1, 2, 3]; // of an object's record
const NOTHING = new Uint32Array(0);
const CHANNEL = "lamella-corrections";

// crypto.randomUUID is there only where a page comes over https or from this machine.
const serial = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(16)).join("-");

export class Correction {
  // `shown(box)`: pixels or objects changed, all where the box is null. `told()`: state or counts did.
  constructor({ address, name, shown, told }) {
    Object.assign(this, { address, name, shown, told });
    this.isOpen = false;
    this.changedAt = 0; // when something was done last
    this.elsewhere = false; // another tab has it open too
    this.sentence = ""; // what went wrong with what an earlier tab left
    this.store = new UnsentStore(name);
    this.channel = new BroadcastChannel(CHANNEL);
    this.channel.onmessage = ({ data }) => this.hear(data);
  }

  // The server started again and knows it under another address.
  moveTo(address) {
    this.address = address;
    if (this.outbox) this.outbox.address = address;
  }

  async open() {
    this.sentence = await Outbox.deliver(this.address, this.store);
    this.take(await this.fetchState());
    if (!this.closed) this.say("opened");
  }

  async fetchState() {
    const answer = await fetch(this.address);
    if (!answer.ok) throw new Error(await answer.text());
    return decodeState(await answer.arrayBuffer());
  }

  take(state) {
    if (this.closed) return;
    this.map = new LabelMap(state);
    this.map.read(state.map);
    this.objects = new Map(state.objects.map(([id, ...record]) => [id, record]));
    this.areas = state.areas; // [top, left, bottom, right] of each that is confirmed as a whole
    this.history = new History(state);
    this.nextId = state.next_id;
    this.ground = state.ground;
    this.phases = state.phases;
    this.objectsPhase = state.objects_phase;
    this.outbox?.close();
    this.outbox = new Outbox({
      address: this.address,
      revision: state.revision,
      store: this.store,
      changed: () => this.sent(),
    });
    this.isOpen = true;
    this.shown(null);
    this.told();
  }

  // The newer state of another tab; what this one could not send is given up.
  async takeOver() {
    await this.store.clear();
    this.outbox.waiting = [];
    this.take(await this.fetchState());
  }

  // The newer state of another tab; not where something was done here in the meantime, which it would
  // take away: the server will refuse that and say why.
  async follow(revision) {
    const isBehind = () => this.outbox.revision < revision && !this.outbox.waiting.length;
    if (!isBehind()) return;
    const state = await this.fetchState();
    if (isBehind()) this.take(state);
  }

  // The page goes out of sight and may not come back.
  hide() {
    this.outbox?.sendAtTheEnd();
  }

  leave() {
    this.hide();
    if (this.isOpen) this.say("closed");
  }

  close() {
    this.closed = true;
    this.leave();
    this.outbox?.close();
    this.channel.close();
  }

  get canEdit() {
    return this.isOpen && this.outbox.state !== STATES.refused;
  }

  // ---- other tabs of this browser

  say(what) {
    this.channel.postMessage({ what, name: this.name, revision: this.outbox.revision });
  }

  hear({ what, name, revision }) {
    if (name !== this.name || !this.isOpen) return;
    this.elsewhere = what !== "closed";
    // After one was closed, another may still be there.
    if (what === "opened") this.say("here");
    if (what === "closed") this.say("opened");
    this.follow(revision).catch(() => {});
    this.told();
  }

  sent() {
    const { outbox } = this;
    if (outbox.state === STATES.saved && outbox.revision !== this.announced) {
      this.announced = outbox.revision;
      this.say("saved");
    }
    this.told();
  }

  // ---- editing

  newId() {
    return this.nextId++;
  }

  // Ends an operation: `worked`: id -> phase of the objects that it was about. Others whose pixels
  // changed count as corrected too. Returns whether anything changed.
  commit(kind, writer, worked = new Map(), origin = "drawn") {
    const patch = writer.patch();
    const objects = [];
    for (const id of new Set([...idsOf(patch), ...worked.keys()])) {
      const before = this.objects.get(id) ?? null;
      const after = this.map.areaOf(id) ? this.recordAfter(before, worked.get(id), origin) : null;
      if (JSON.stringify(before) !== JSON.stringify(after)) objects.push([id, before, after]);
    }
    if (!patch.length && !objects.length) return false;
    this.record({ kind, objects, patch });
    return true;
  }

  record(made) {
    this.changedAt = performance.now();
    const operation = { ...made, serial: serial() };
    this.history.add(operation);
    this.know(operation.objects);
    this.outbox.add(operation);
    this.told();
  }

  recordAfter(before, phase, origin) {
    if (!before) return [phase, origin, false, true];
    if (phase === undefined) return [before[PHASE], before[ORIGIN], true, before[CONFIRMED]];
    return [phase, before[ORIGIN], true, true];
  }

  // An object is right as it is.
  confirm(id) {
    const before = this.objects.get(id);
    if (!before || before[CONFIRMED]) return;
    const after = [before[PHASE], before[ORIGIN], before[CORRECTED], true];
    this.record({ kind: "confirm", objects: [[id, before, after]], patch: NOTHING });
    this.shown(this.map.boxes.get(id));
  }

  // Areas are right as a whole, in place of those that were.
  confirmAreas(areas) {
    this.record({ kind: "area", objects: [], areas: [this.areas, areas], patch: NOTHING });
    this.areas = areas;
    this.told();
  }

  // The share of the image that was confirmed by areas; they may overlap.
  get areasShare() {
    const { width, height } = this.map;
    const cuts = (a, b) => [...new Set(this.areas.flatMap((area) => [area[a], area[b]]))].sort((one, other) => one - other);
    const [rows, columns] = [cuts(0, 2), cuts(1, 3)];
    let covered = 0;
    for (let i = 1; i < rows.length; i++) {
      for (let j = 1; j < columns.length; j++) {
        const inside = ([top, left, bottom, right]) => top < rows[i] && bottom >= rows[i] && left < columns[j] && right >= columns[j];
        if (this.areas.some(inside)) covered += (rows[i] - rows[i - 1]) * (columns[j] - columns[j - 1]);
      }
    }
    return covered / (width * height);
  }

  know(objects) {
    for (const [id, , after] of objects) {
      if (after) this.objects.set(id, after);
      else this.objects.delete(id);
    }
  }

  // Takes the last step back, or makes it again; returns the box of what changed.
  step(back) {
    if (!this.canEdit) return;
    const operation = back ? this.history.undo() : this.history.redo();
    if (!operation) return;
    this.changedAt = performance.now();
    let box = this.map.apply(operation.patch);
    this.know(operation.objects);
    if (operation.areas) this.areas = operation.areas[1];
    for (const [id] of operation.objects) box = united(box, this.map.boxes.get(id));
    // The server has the step and takes it back itself.
    this.outbox.add({ kind: operation.kind, of: operation.of, serial: serial(), objects: [], patch: NOTHING });
    if (box || operation.areas) this.shown(box ?? null);
    this.told();
  }

  // ---- counting

  get counts() {
    let [confirmed, byHand] = [0, 0];
    for (const record of this.objects.values()) {
      if (record[CONFIRMED]) confirmed++;
      if (record[CORRECTED] || record[ORIGIN] !== "model") byHand++;
    }
    return { all: this.objects.size, confirmed, byHand };
  }

  // The object after `id` in the order of ids, or before it; the next that is not yet confirmed.
  nextFrom(id, back = false, open = true) {
    const ids = [...this.objects.keys()].sort((one, other) => (back ? other - one : one - other));
    const later = ids.filter((one) => (back ? one < id : one > id) || !id);
    const order = [...later, ...ids.filter((one) => !later.includes(one))];
    return order.find((one) => !open || !this.objects.get(one)[CONFIRMED]) ?? 0;
  }
}
