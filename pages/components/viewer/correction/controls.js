// Part of the corrector: what its buttons and lines of text show, and what its buttons and keys do.

const SHOWN = {
  saved: () => "Saved",
  sending: () => "Saving",
  offline: (count) => `No connection: ${count} not yet sent`,
  refused: (count) => `${count} not saved`,
};

const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

function showWords(view) {
  const { correction, find } = view;
  const { outbox } = correction;
  find(".saved").textContent = SHOWN[outbox.state](outbox.waiting.length);
  find(".saved").dataset.state = outbox.state;
  const { all, confirmed } = correction.counts;
  const share = correction.areasShare;
  const ofArea = `${(100 * share).toFixed(share && share < 0.1 ? 1 : 0)} % of the area`;
  const counts = correction.objectsPhase !== null;
  find(".coverage progress").value = counts ? (all ? confirmed / all : 1) : share;
  const words = counts ? [`${confirmed.toLocaleString("en")} of ${plural(all, "object")}`] : [];
  find(".counted").textContent = `confirmed ${[...words, ...(share || !counts ? [ofArea] : [])].join(", ")}`;
  find(".brush-width").textContent = widthInWords(view);
  if (outbox.sentence) view.say(outbox.sentence, outbox.state === STATES.refused);
  else if (correction.sentence) view.say(correction.sentence);
  else view.say(correction.elsewhere ? "This image is open in another tab too; what is changed there shows here." : "");
}

function widthInWords({ width, data }) {
  return data.pixel_size_nm ? `${width} px, ${lengthText(width * data.pixel_size_nm)}` : `${width} px`;
}

function showControls(view) {
  const { correction, find } = view;
  for (const tool of TOOLS) find(`[data-action="tool-${tool}"]`).setAttribute("aria-pressed", view.tool === tool);
  const press = (action, on) => find(`[data-action="${action}"]`).setAttribute("aria-pressed", on);
  press("keep", !view.overwrite);
  press("overwrite", view.overwrite);
  press("hide", view.hidden);
  press("outline", view.modes.outline);
  const able = (action, can) => {
    const button = find(`[data-action="${action}"]`);
    // A button that goes out would take the keyboard's focus with it, and the next keys be lost.
    if (!can && button.matches(":focus")) view.element.focus({ preventScroll: true });
    button.disabled = !can;
  };
  able("undo", correction.history.undoable.length);
  able("redo", correction.history.redoable.length);
  for (const action of ["delete", "holes", "smooth"]) able(action, view.selected);
  showPhases(view);
  view.canvas.classList.toggle("drawing", view.isDrawing);
  view.canvas.classList.toggle("pointing", view.tool === "pick");
}

// A button to draw each phase and one to lock it, made anew only where something else is shown.
function showPhases(view) {
  const { correction, phase, locked } = view;
  const place = view.find(".draw-phases");
  const shown = JSON.stringify([correction.phases, phase, [...locked]]);
  if (place.dataset.shown === shown) return;
  place.dataset.shown = shown;
  place.replaceChildren(
    ...correction.phases.flatMap(({ name, color }, index) => {
      const key = index < 8 ? ` (${index + 1})` : "";
      const draw = button(`phase-${index}`, `Draw ${name}${key}`, index === phase, name);
      const swatch = document.createElement("i");
      swatch.style.background = color;
      draw.prepend(swatch);
      const isLocked = locked.has(index);
      const lock = button(`lock-${index}`, `${isLocked ? "Unlock" : "Lock"} ${name}`, isLocked, isLocked ? "locked" : "lock");
      lock.className = "lock";
      return [draw, lock];
    }),
  );
}

function button(action, title, pressed, text) {
  const made = document.createElement("button");
  made.type = "button";
  made.dataset.action = action;
  made.title = title;
  made.setAttribute("aria-label", title);
  made.setAttribute("aria-pressed", pressed);
  made.append(document.createTextNode(text));
  return made;
}
