// Part of the corrector: undo and redo. A step is an operation with its patch; the way back is its
// inverse, an operation of its own, so that the server's log only grows.

const MOST_STEPS = 200;
const MOST_BYTES = 64e6;

export class History {
  constructor({ undo = [], redo = [] } = {}) {
    this.undoable = [...undo];
    this.redoable = [...redo];
  }

  // A new edit ends what could be done again.
  add(operation) {
    this.undoable.push(operation);
    this.redoable = [];
    let bytes = this.undoable.reduce((sum, one) => sum + one.patch.byteLength, 0);
    while (this.undoable.length > 1 && (this.undoable.length > MOST_STEPS || bytes > MOST_BYTES)) {
      bytes -= this.undoable.shift().patch.byteLength;
    }
  }

  // Returns the operation that takes the last step back; null where there is none.
  undo() {
    const step = this.undoable.pop();
    if (!step) return null;
    this.redoable.push(step);
    const objects = step.objects.map(([id, before, after]) => [id, after, before]);
    const areas = step.areas && [step.areas[1], step.areas[0]];
    return { kind: "undo", of: step.serial, patch: inverse(step.patch), objects, areas };
  }

  redo() {
    const step = this.redoable.pop();
    if (!step) return null;
    this.undoable.push(step);
    return { kind: "redo", of: step.serial, patch: step.patch, objects: step.objects, areas: step.areas };
  }
}
