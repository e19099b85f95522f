// Part of the corrector: everything like the confirmed objects is proposed, one after the other:
// Enter keeps a proposal, Delete throws it away, Esc ends.

const LEAST_ALIKE = 3;
const MOST_ALIKE = 20; // confirmed objects that are shown to the server, the newest ones
const MOST_COVERED = 0.3; // of a proposal by objects that are there already

class LikeTool extends ClickTool {
  constructor(root) {
    super(root);
    this.proposals = []; // rows of each
  }

  get actions() {
    return { ...super.actions, like: () => this.proposeAlike() };
  }

  confirmedOnes() {
    const { objects, objectsPhase } = this.correction;
    const found = [...objects].filter(([, record]) => record[CONFIRMED] && record[PHASE] === objectsPhase);
    return found.slice(-MOST_ALIKE).map(([id]) => id);
  }

  async proposeAlike() {
    if (!this.correction.canEdit) return;
    const ids = this.confirmedOnes();
    if (ids.length < LEAST_ALIKE) {
      this.tell(`Confirm ${LEAST_ALIKE} objects of the kind first (Enter); ${ids.length} are.`);
      return;
    }
    this.chooseTool("click");
    this.tell("Looking for objects like the confirmed ones.");
    const like = ids.map((id) => this.rowsOf(id));
    const answer = await this.askServer({ clicks: [], like }, "Looking for objects like the confirmed ones.");
    if (!answer) return;
    this.proposals = answer.proposals;
    this.nextProposal();
  }

  // Shows the next proposal that no object covers.
  nextProposal() {
    const rows = this.proposals.shift();
    if (!rows) {
      this.tell("No more objects like these are proposed.");
      return;
    }
    if (this.isCovered(rows)) {
      this.nextProposal();
      return;
    }
    this.select(0);
    this.meant = { clicks: [], box: null, rough: null, id: 0, rows: null, isProposal: true };
    this.bringIntoSight([rows[0][1], rows[0][0], rows[0][2], rows.at(-1)[0] + 1], 1);
    this.show(this.meant, rows);
    this.tell(`Like the confirmed ones? Enter keeps it, Delete does not; ${this.proposals.length} more. Esc ends.`);
  }

  isCovered(rows) {
    const { map } = this.correction;
    let [covered, all] = [0, 0];
    for (const [y, left, right] of rows) {
      for (let x = left; x < right; x++) if (idOf(map.at(x, y))) covered++;
      all += right - left;
    }
    return covered > MOST_COVERED * all;
  }

  accept() {
    const { isProposal } = this.meant;
    super.accept();
    if (isProposal) this.nextProposal();
  }

  // A click beside a proposal is about another object.
  begun() {
    if (this.meant?.isProposal) this.forget();
    return super.begun();
  }

  remove() {
    if (!this.meant?.isProposal) super.remove();
    else {
      this.forget();
      this.nextProposal();
    }
  }

  cancelStroke() {
    this.proposals = [];
    return super.cancelStroke();
  }
}
