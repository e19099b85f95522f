"""A question to the student: predict, then reveal."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True)
class Question:
    """A question that is answered by a slider from ``low`` to ``high``, or among ``choices``.

    ``truth``: a number, or one of ``choices``. ``why``: shown with the answer. ``tolerance``: how
    far a number may lie from the truth and still count. ``unit``: follows the number.
    """

    ask: str
    truth: float | str
    why: str
    choices: tuple[str, ...] = ()
    low: int = 0
    high: int = 10
    tolerance: float = 0
    unit: str = ""


def predict(key: str, question: Question) -> None:
    """Ask; the answer can be shown only after the student has moved something."""
    _predict(key, question)


@st.fragment
def _predict(key: str, question: Question) -> None:
    with st.container(border=True, key=f"{key}-question"):
        st.markdown(f"**Predict, then reveal.** {question.ask}")
        guess = _guess(key, question)
        if guess is None:
            st.caption("Answer first; then the answer can be shown.")
        shown = st.toggle("Show the answer", key=f"{key}_reveal", disabled=guess is None)
        if shown and guess is not None:
            truth = question.truth
            number = not isinstance(truth, str)
            right = abs(guess - truth) <= question.tolerance if number else guess == truth
            said = f"{guess:g}{question.unit}" if number else guess
            answer = f"{truth:g}{question.unit}" if number else truth
            verdict = "Right" if right else f"You said {said}"
            st.markdown(f"**{verdict}: it is {answer}.** {question.why}")


def _guess(key: str, question: Question) -> float | str | None:
    if question.choices:
        return st.segmented_control(
            "Your answer", question.choices, key=f"{key}_guess", label_visibility="collapsed"
        )
    guess = st.slider(
        "Your answer",
        question.low,
        question.high,
        question.low,
        key=f"{key}_guess",
        label_visibility="collapsed",
    )
    return None if guess == question.low else guess
