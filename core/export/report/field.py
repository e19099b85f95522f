"""The report of one image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from core.analysis.analysis import Analysis
from core.export.provenance import provenance
from core.export.report.content import Headline, Picture, Report, Section, Table
from core.fields.quantity import Quantity
from core.fields.result import Distribution, FieldMeasurement
from core.fields.words import (
    NONE,
    counted_in_words,
    headline_in_words,
    interval_in_words,
    value_in_words,
)
from core.figures.paper.charts import distribution_figure
from core.figures.paper.micrographs import micrograph_figure, overlay_figure
from core.figures.paper.style import PaperStyle, png_bytes, svg_bytes
from core.image_size import width_x_height
from core.palette import ACCENT

HALF_PAGE = PaperStyle(width_mm=84, dpi=220)
WHOLE_PAGE = PaperStyle(width_mm=120, dpi=220)


def field_report(
    analysis: Analysis, measured: FieldMeasurement, when: datetime | None = None
) -> Report:
    """Return the report of one image; the same but for ``when`` (now, in UTC)."""
    told = provenance(analysis, when)
    return Report(
        title=measured.name,
        subtitle=f"Measured with Lamella on {day(told['created_utc'])}",
        headline=headline(measured.headline),
        sections=(
            *doubts((*measured.warnings, *analysis.reasons_to_doubt)),
            Section("Micrograph", pictures=tuple(_pictures(analysis, measured))),
            method(measured.method, measured.notes),
            Section(
                "Results",
                tables=(quantity_table(measured.quantities), *uncertainty(measured.headline)),
                pictures=tuple(
                    picture
                    for shown in (measured.distribution, *measured.further)
                    for picture in distribution_picture(shown, _color(analysis))
                ),
            ),
            *references(measured.references),
            Section("Provenance", tables=(provenance_table(told),)),
        ),
    )


def headline(quantity: Quantity) -> Headline:
    """Return the number that comes first."""
    counted = f", n = {counted_in_words(quantity.n, quantity.counted)}" if quantity.n else ""
    source = f"; {quantity.method}" if quantity.method else ""
    interval = f"95 % interval: {interval_in_words(quantity)}. {quantity.cut_at}".rstrip(". ")
    return Headline(
        headline_in_words(quantity),
        interval if quantity.interval else quantity.reason,
        f"{quantity.name}{counted}{source}",
    )


def doubts(sentences: Iterable[str]) -> Iterator[Section]:
    """Yield a section of warnings where there are any."""
    if found := tuple(dict.fromkeys(sentences)):
        yield Section("Check before use", warnings=found)


def quantity_table(quantities: Iterable[Quantity], caption: str = "All quantities") -> Table:
    """Return a row a quantity; why a value is missing stands below."""
    quantities = tuple(quantities)
    reasons = dict.fromkeys(one.reason for one in quantities if one.reason)
    cut: dict[str, list[str]] = {}
    for one in quantities:
        cut.setdefault(one.cut_at, []).append(one.symbol or one.name)
    cut.pop("", None)
    notes = [*reasons, *(f"{', '.join(names)}: {why}" for why, names in cut.items())]
    return Table(
        caption,
        ("Quantity", "Symbol", "Value", "95 % interval", "n", "After"),
        tuple(
            (
                one.name,
                one.symbol,
                value_in_words(one),
                interval_in_words(one),
                f"{one.n:,}" if one.n else NONE,
                one.method,
            )
            for one in quantities
        ),
        frozenset({2, 3, 4}),
        " ".join(notes),
        symbolic=True,
    )


def uncertainty(quantity: Quantity) -> Iterator[Table]:
    """Yield what the interval of a quantity is made of, where it is made of parts."""
    if quantity.parts:
        yield Table(
            f"Uncertainty of {quantity.symbol or quantity.name}, as half-widths at 95 %",
            ("Source", "Below", "Above", "From"),
            tuple(
                (part.source, *_reaches(quantity, part.below, part.above), part.note)
                for part in quantity.parts
            ),
            frozenset({1, 2}),
        )


def distribution_picture(
    distribution: Distribution | None, color: str = ACCENT
) -> Iterator[Picture]:
    """Yield the histogram of a distribution; nothing where there is none."""
    if distribution is None or not len(distribution.values):
        return
    figure = distribution_figure(distribution, WHOLE_PAGE, color)
    fit = f" Line: {distribution.fit.in_words(distribution.unit)}." if distribution.fit else ""
    count = counted_in_words(len(distribution.values), distribution.counted)
    caption = f"{distribution.name} of {count}.{fit}"
    yield Picture(png_bytes(figure, WHOLE_PAGE.dpi), caption, 0.7, svg_bytes(figure))


def method(text: str, notes: Iterable[str]) -> Section:
    """Return the method in words that can be pasted."""
    return Section("Method", (text, *notes))


def references(listed: Sequence[str]) -> Iterator[Section]:
    """Yield what the method refers to."""
    if listed:
        yield Section("References", listed=tuple(listed))


def day(utc: str) -> str:
    """Return "2026-11-28 19:36 UTC" of "2026-11-28T19:36:15Z"."""
    return f"{utc[:16].replace('T', ' ')} UTC"


def provenance_table(told: Mapping[str, Any]) -> Table:
    """Return what is needed to repeat a result, of :func:`core.export.provenance.provenance`."""
    image = told["input"]
    size, by_hand = image["pixel_size_nm"], told.get("corrected_by_hand")
    rows = {
        "Image": f"{image['name']}, {width_x_height(image['shape_px'])} px",
        "Image SHA-256": image["sha256"],
        "Pixel size": f"{size:.6g} nm ({image['pixel_size_source']})" if size else "unknown",
        **_made_by(told),
        "Result": told["result"]["digest"],
        "Repeat with": told["command"] or "lamella replay run.json IMAGE",
    }
    if by_hand:
        rows |= {"By hand": by_hand["in_words"], "Repeat with": "no run repeats a correction"}
    return Table("What made this result", ("", ""), tuple(rows.items()))


def batch_provenance(told: Mapping[str, Any]) -> Table:
    """Return what all fields of a batch have in common; ``told``: of one of them."""
    return Table("What made this result", ("", ""), tuple(_made_by(told).items()))


def _made_by(told: Mapping[str, Any]) -> dict[str, str]:
    model, engine, software = told["model"], told["engine"], told["software"]
    ran = (engine["device"], engine["backend"], engine["precision"])
    return {
        "Model": f"{model['title']} ({model['name']}), {model['architecture']}",
        "Weights SHA-256": model["weights_sha256"] or "none",
        "Objects": _settings(told["settings"]["objects"]),
        "Computed on": ", ".join(one for one in ran if one),
        "Software": f"Lamella {software['lamella']}, Python {software['python']}",
    }


def _pictures(analysis: Analysis, measured: FieldMeasurement) -> Iterator[Picture]:
    plain = micrograph_figure(analysis, HALF_PAGE)
    bar = ", its info bar left out" if any(analysis.micrograph.bar_rows) else ""
    yield Picture(png_bytes(plain, HALF_PAGE.dpi), f"Micrograph{bar}.", 0.5)
    laid_over = overlay_figure(analysis, HALF_PAGE, measured.drawing)
    caption = f"Segmented with {analysis.card.title}. Pixel size: {measured.scale}"
    yield Picture(png_bytes(laid_over, HALF_PAGE.dpi), caption, 0.5)


def _color(analysis: Analysis) -> str:
    phase = analysis.card.objects_phase
    return ACCENT if phase is None else analysis.segmentation.phases[phase].color


def _reaches(quantity: Quantity, below: float, above: float) -> tuple[str, str]:
    def in_words(reach: float) -> str:
        # Two significant digits, as of the half-width of an interval.
        return value_in_words(replace(quantity, value=reach, interval=(0.0, 2 * reach)))

    return in_words(below), in_words(above)


def _settings(settings: Mapping[str, object]) -> str:
    words = {True: "yes", False: "no"}
    return ", ".join(
        f"{name.removesuffix('_px').replace('_', ' ')} "
        f"{words[value] if isinstance(value, bool) else value}{' px' * name.endswith('_px')}"
        for name, value in settings.items()
    )
