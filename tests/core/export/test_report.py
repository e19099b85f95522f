"""Reports: what they say, read back from HTML and from the pages of the PDF."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import numpy as np
import pypdfium2
import pytest

from core.export.report.content import with_subscripts
from core.export.report.field import field_report
from core.export.report.html import html_bytes
from core.export.report.pdf import pdf_bytes
from core.fields.field import measure_field
from core.fields.quantity import Quantity
from core.fields.record import from_json, to_json
from core.fields.settings import KINDS, MeasureSettings
from core.fields.words import counted_in_words, interval_in_words, value_in_words
from tests.core.fields.made_analysis import analysis_of, card_of, discs

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HOSTILE = '<script>alert("x")</script> & \N{CJK UNIFIED IDEOGRAPH-7C92}.png'


@pytest.fixture(scope="module")
def analysis():
    random = np.random.default_rng(0)
    places = np.array(
        [(row, column) for row in range(30, 380, 50) for column in range(30, 380, 50)]
    )
    return analysis_of(discs(places, random.uniform(6, 18, len(places))), name=HOSTILE)


@pytest.fixture(scope="module")
def report(analysis):
    measured = measure_field(analysis, MeasureSettings(pixel_size_error_percent=1.0))
    return field_report(analysis, measured, WHEN)


def pages_of(content):
    document = pypdfium2.PdfDocument(content)
    found = [
        (page.get_textpage().get_text_bounded(), page.render().to_numpy()) for page in document
    ]
    document.close()
    return found


class Links(HTMLParser):
    """Collects tags, and every attribute that could load something."""

    def __init__(self):
        super().__init__()
        self.tags, self.loaded = set(), []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.loaded += [value for name, value in attributes if name in ("src", "href", "srcset")]


def test_the_html_loads_nothing_and_runs_nothing(report):
    text = html_bytes(report).decode()
    found = Links()
    found.feed(text)
    assert found.loaded
    assert all(one.startswith("data:image/") for one in found.loaded)
    assert not found.tags & {"script", "link", "iframe", "a", "object"}
    assert "default-src 'none'" in text
    assert "&lt;script&gt;" in text


def test_the_html_says_value_interval_method_and_provenance(report, analysis):
    text = html_bytes(report).decode()
    d50 = measure_field(analysis, MeasureSettings(pixel_size_error_percent=1.0)).headline
    for expected in (
        f"D50 = {value_in_words(d50)}",
        f"95 % interval: {interval_in_words(d50)}",
        "after ISO 13322-1",
        "2026-01-02 03:04 UTC",
        "pixel size ± 1 %",
        analysis.micrograph.digest,
    ):
        assert expected in text
    assert not re.search(r"\b(nan|inf|None)\b", re.sub(r"base64,[^\"]*", "", text))


def test_both_files_depend_on_content_and_time_alone(report, analysis):
    measured = measure_field(analysis, MeasureSettings(pixel_size_error_percent=1.0))
    again = field_report(analysis, measured, WHEN)
    assert html_bytes(again) == html_bytes(report)
    assert pdf_bytes(again) == pdf_bytes(report)


def test_the_pdf_has_pages_with_text_and_pictures(report):
    pages = pages_of(pdf_bytes(report))
    assert 2 <= len(pages) <= 4
    text = " ".join(" ".join(one for one, _ in pages).split())
    assert '<script>alert("x")</script> & ?.png' in text
    for expected in ("D50 =", "All quantities", "Method", "References", "Provenance", "page 1"):
        assert expected in text
    for _, pixels in pages:
        # Margins are empty, the page is not, and nothing runs over its right edge.
        assert (pixels[:40] == 255).all()
        assert (pixels[:, -40:] == 255).all()
        assert (pixels[40:-60] < 128).any()


def test_indices_of_symbols_stand_below_and_names_stay_as_they_are():
    assert with_subscripts("N_A, x_Fmin / x_Fmax") == (
        "N<sub>A</sub>, x<sub>Fmin</sub> / x<sub>Fmax</sub>"
    )
    assert with_subscripts("Fraction of my_phase") == "Fraction of my_phase"


def test_nothing_found_makes_a_report_too():
    empty = analysis_of(np.zeros((100, 120), np.uint8), nm=None)
    report = field_report(empty, measure_field(empty), WHEN)
    text = html_bytes(report).decode()
    assert "No particle was found" in text
    assert "D50: no value" in text
    assert pages_of(pdf_bytes(report))


def test_phases_have_a_report():
    labels = discs(np.array([[50, 50], [120, 130]]), np.array([30, 25]), (160, 200))
    phases = analysis_of(labels, card=card_of("matrix", "pore", objects=None))
    text = html_bytes(field_report(phases, measure_field(phases), WHEN)).decode()
    assert "Fraction of pore" in text
    assert "One field has no confidence interval" in text


def test_a_measured_field_comes_back_from_json_exactly(analysis):
    for kind in KINDS:
        measured = measure_field(analysis, MeasureSettings(kind=kind))
        text = to_json(measured)
        back = from_json(text)
        assert to_json(back) == text
        assert back.quantities == measured.quantities
        assert back.headline == measured.headline
        assert back.settings == measured.settings
        assert back.table.equals(measured.table)
        assert list(back.table.dtypes) == list(measured.table.dtypes)
        assert [one.key for one in back.further] == [one.key for one in measured.further]
        assert "NaN" not in text


@pytest.mark.parametrize("change", [{"headline": "x"}, {"quantities": [1]}, {"more": 1}])
def test_what_is_no_record_is_refused(analysis, change):
    told = json.loads(to_json(measure_field(analysis))) | change
    with pytest.raises(ValueError):
        from_json(json.dumps(told))


@pytest.mark.parametrize(
    ("value", "interval", "unit", "words", "range_"),
    [
        (512.3, (480.1, 544.9), "nm", "512 nm", "480 to 545 nm"),
        (4.5136, (4.41, 4.61), "", "4.51", "4.41 to 4.61"),
        (20.0, (17.789, 22.211), "%", "20.0 %", "17.8 to 22.2 %"),
        (120.0, None, "", "120", "\N{EN DASH}"),
        (0.012345, None, "1/nm²", "0.01235 per nm²", "\N{EN DASH}"),
        (45.0, (44.0, 46.0), "°", "45.0°", "44.0 to 46.0°"),
        (12345.0, (12000.0, 12700.0), "px", "12,340 px", "12,000 to 12,700 px"),
        (None, None, "nm", "\N{EN DASH}", "\N{EN DASH}"),
    ],
)
def test_values_have_the_digits_that_their_interval_supports(value, interval, unit, words, range_):
    one = Quantity("x", "x", value, unit, interval=interval, reason="for a reason")
    assert (value_in_words(one), interval_in_words(one)) == (words, range_)


def test_one_is_no_plural():
    assert [counted_in_words(n, "fibres") for n in (0, 1, 1200)] == [
        "0 fibres",
        "1 fibre",
        "1,200 fibres",
    ]


def test_a_part_that_is_nothing_has_digits_too():
    one = Quantity("x", "x", 0.0, "nm", interval=(0.0, 0.0))
    assert value_in_words(replace(one)) == "0 nm"
