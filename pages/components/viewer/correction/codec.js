// Part of the corrector: maps and operations as bytes. core/correction/codec.py says which.
// Uint32Array is little-endian wherever a browser runs.

const MAP_RUN = 3; // id, start, length
const PATCH_RUN = 4; // start, length, id before, id after

// A header as JSON, its length in front of it, both padded to whole numbers of 4 bytes.
function withHeader(header, runs) {
  let text = JSON.stringify(header);
  const size = () => new TextEncoder().encode(text).length;
  text += " ".repeat((4 - (size() % 4)) % 4);
  const words = new TextEncoder().encode(text);
  const bytes = new Uint8Array(4 + words.length + runs.byteLength);
  new DataView(bytes.buffer).setUint32(0, words.length, true);
  bytes.set(words, 4);
  bytes.set(new Uint8Array(runs.buffer, runs.byteOffset, runs.byteLength), 4 + words.length);
  return bytes;
}

// Returns { header, end }: what the JSON says, and where the runs begin.
function headerOf(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  return { header, end: 4 + length };
}

// An operation as it is sent. { serial, kind, of, objects, areas, patch }; `base`: the revision it builds on.
export function encodeOperation({ serial, kind, of, objects, areas, patch }, base) {
  return withHeader({ serial, base, kind, of, objects, areas, runs: patch.length / PATCH_RUN }, patch);
}

// The state of a correction as the server sends it: the map's runs, the objects, what can be undone.
export function decodeState(buffer) {
  const { header, end } = headerOf(buffer);
  const numbers = new Uint32Array(buffer, end);
  let at = header.runs * MAP_RUN;
  const taken = (operation) => {
    const patch = numbers.slice(at, at + operation.runs * PATCH_RUN);
    at += patch.length;
    return { ...operation, patch };
  };
  const undo = header.undo.map(taken);
  return { ...header, map: numbers.subarray(0, header.runs * MAP_RUN), undo, redo: header.redo.map(taken) };
}
