"""``docs/lecture.md``: which step says which of the lecture's statements."""

from __future__ import annotations

from lecture.step import Step
from lecture.steps import PARTS

HEADING = """# The lecture, step by step

Open `/lecture` and choose *Present*, or open a step's link: with `present=1` it shows exactly that
step on the whole window, on a sample or, with `sample=NAME` or `image=ID`, on a micrograph that the
visitor may open. Arrow keys, Page Down and Page Up, or a clicker move one step on or back; Home and
End jump to the first and the last step, B blanks the screen, Esc leaves. *Try it live* opens the
page that shows the same with all its controls, part by part, each fitted to the window. *Presenter*
on a page of *Learn* leads to its chapter here.

*Open a class* gives one short link, `/lecture?class=CODE`, and its QR code. Whoever has it sees the
lecture drawn from the micrograph that is open, even an upload, and can answer its questions
anonymously until the class ends: three hours after its last use, or eight hours after its start.

This file is written by `python -m lecture.table > docs/lecture.md`; a test compares them.
"""


def link_of(step: Step) -> str:
    """Return the link of a step below the app's address, as Markdown."""
    return f"`/lecture?step={step.key}&present=1`"


def markdown() -> str:
    """Return the table of all steps, by part: statement, what is said, link."""
    number, lines = 0, [HEADING]
    for part in PARTS:
        lines += [f"## {part.title}", "", "| | Statement | In words | Link |", "|---|---|---|---|"]
        for step in part.steps:
            number += 1
            title = step.question.ask if step.question else step.title
            cells = (f"{number}", title, step.sentence, link_of(step))
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    print(markdown(), end="")
