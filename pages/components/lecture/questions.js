// Questions of the lecture: each may be answered, here or by a class, before the truth is shown.

const ASKING_MS = 2000;

const visitor = () => {
  // Tells the visitors of a class apart, and says nothing of who they are.
  let name = sessionStorage.getItem("lamella-visitor");
  if (!name) {
    name = Array.from(crypto.getRandomValues(new Uint8Array(12)), (one) => one.toString(36)).join("");
    sessionStorage.setItem("lamella-visitor", name);
  }
  return name;
};

class Questions {
  constructor(deck) {
    this.deck = deck;
    this.revealed = new Set();
    this.answered = new Map();
    this.counts = new Map();
  }

  isOpen(step) { return step.choices.length > 0 && !this.revealed.has(step.key); }

  stop() { clearInterval(this.asker); }

  draw(step, place) {
    place.classList.add("question");
    const ask = document.createElement("p");
    ask.textContent = step.ask;
    place.append(ask);
    step.choices.forEach((words, choice) => {
      const button = document.createElement("button");
      button.type = "button";
      const bar = document.createElement("i");
      const text = document.createElement("span");
      text.textContent = words;
      const count = document.createElement("b");
      button.append(bar, text, count);
      button.addEventListener("click", () => this.answer(step, choice));
      place.append(button);
    });
    return place;
  }

  ask(step) {
    this.showAnswers(step);
    if (!this.deck.data.answers) return;
    this.fetchAnswers(step);
    clearInterval(this.asker);
    this.asker = setInterval(() => this.fetchAnswers(step), ASKING_MS);
  }

  async fetchAnswers(step, answer) {
    const asked = answer === undefined ? {} : {
      method: "POST",
      body: JSON.stringify({ visitor: visitor(), choice: answer }),
    };
    try {
      const got = await fetch(`${this.deck.data.answers}/${step.key}`, asked);
      if (got.ok) this.counts.set(step.key, (await got.json()).counts);
    } catch {
      // The next one may get through.
    }
    if (this.deck.current() === step) this.showAnswers(step);
  }

  answer(step, choice) {
    if (this.revealed.has(step.key)) return;
    this.answered.set(step.key, choice);
    this.showAnswers(step);
    if (this.deck.data.answers) this.fetchAnswers(step, choice);
  }

  reveal() {
    const step = this.deck.current();
    if (!step.choices.length) return;
    this.revealed.add(step.key);
    this.deck.find(".sentence").textContent = step.sentence;
    this.deck.find(".reveal").hidden = true;
    this.showAnswers(step);
  }

  showAnswers(step) {
    const place = this.deck.places.get(step.key), counts = this.counts.get(step.key);
    const shown = this.revealed.has(step.key), total = counts?.reduce((sum, one) => sum + one, 0);
    place.querySelectorAll("button").forEach((button, choice) => {
      button.setAttribute("aria-pressed", this.answered.get(step.key) === choice);
      button.classList.toggle("right", shown && choice === step.truth);
      const share = shown && total ? counts[choice] / total : 0;
      button.querySelector("i").style.width = `${100 * share}%`;
      button.querySelector("b").textContent = shown && counts ? `${counts[choice]}` : "";
    });
    if (!this.deck.data.answers) return;
    const words = total === 1 ? "1 answer" : `${total ?? 0} answers`;
    this.deck.find(".note").textContent = counts ? words : "The class is over: no answers are collected.";
  }
}
