"""A report as PDF, A4, with its fonts embedded."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import cache
from html import escape

from PIL import Image as PillowImage
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    Image,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
)
from reportlab.platypus import Table as Grid

from core.export.report.content import (
    Headline,
    Picture,
    Report,
    Section,
    Table,
    with_subscripts,
)
from core.figures.overlay import FONT
from core.figures.paper.style import printable

FAMILY = "SourceSans"
MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN
GAP = 5 * mm
INK, SOFT, RULE = HexColor("#1d2433"), HexColor("#5b6474"), HexColor("#dde1e8")
ACCENT, PALE = HexColor("#0072b2"), HexColor("#f4f7fb")
DOUBT, DOUBT_PALE = HexColor("#e69f00"), HexColor("#fff6e5")


def pdf_bytes(report: Report) -> bytes:
    """Return the report as PDF; its bytes depend on its content alone."""
    _register_font()
    stream = io.BytesIO()
    document = BaseDocTemplate(
        stream,
        pagesize=A4,
        title=printable(report.title),
        author="Lamella",
        creator="Lamella",
        invariant=1,
        lang="en",
    )
    frame = Frame(MARGIN, MARGIN, WIDTH, A4[1] - 2 * MARGIN, 0, 0, 0, 0)
    document.addPageTemplates(PageTemplate("page", [frame], onPage=_footer(report.title)))
    document.build(list(_story(report)))
    return stream.getvalue()


@cache
def _register_font() -> None:
    pdfmetrics.registerFont(TTFont(FAMILY, str(FONT)))


def _style(size: float, color: Color = INK, **others: float) -> ParagraphStyle:
    return ParagraphStyle(
        f"{size}", fontName=FAMILY, fontSize=size, leading=1.32 * size, textColor=color, **others
    )


def _text(text: str, style: ParagraphStyle, symbolic: bool = False) -> Paragraph:
    shown = escape(printable(text))
    # A file's name may be one word longer than the line.
    style = ParagraphStyle("", style, splitLongWords=1)
    if symbolic:
        shown = with_subscripts(shown).replace("<sub>", f'<sub rise="{0.2 * style.fontSize:g}">')
    return Paragraph(shown, style)


def _story(report: Report) -> Iterator[Flowable]:
    yield _text(report.title, _style(20))
    yield Spacer(1, 1 * mm)
    yield _text(report.subtitle, _style(9, SOFT))
    yield Spacer(1, 5 * mm)
    yield _headline(report.headline)
    for section in report.sections:
        yield from _section(section)


def _headline(headline: Headline) -> Flowable:
    lines = [_text(headline.value, _style(22), symbolic=True)]
    lines += [_text(headline.interval, _style(10.5))] if headline.interval else []
    lines.append(_text(headline.explanation, _style(9.5, SOFT)))
    return _box(lines, ACCENT, PALE, 4 * mm)


def _box(lines: list[Flowable], edge: Color, ground: Color, padding: float) -> Grid:
    return Grid(
        [[lines]],
        colWidths=[WIDTH],
        style=[
            ("BACKGROUND", (0, 0), (-1, -1), ground),
            ("LINEBEFORE", (0, 0), (0, -1), 3, edge),
            ("LEFTPADDING", (0, 0), (-1, -1), 4 * mm),
            ("TOPPADDING", (0, 0), (-1, -1), padding * 0.6),
            ("BOTTOMPADDING", (0, 0), (-1, -1), padding),
        ],
    )


def _section(section: Section) -> Iterator[Flowable]:
    title = Grid(
        [[_text(section.title, _style(13))]],
        colWidths=[WIDTH],
        style=[
            ("LINEBELOW", (0, 0), (-1, -1), 0.6, RULE),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
        ],
    )
    body = list(_body(section))
    # A title stays with what comes first, and with the first row of pictures; a long table may
    # begin below its title and go on overleaf.
    first = len(section.warnings[:1]) * 2 + len(section.paragraphs[:2]) + bool(section.pictures)
    yield Spacer(1, 7 * mm)
    if not first:
        yield CondPageBreak(45 * mm)
    yield KeepTogether([title, Spacer(1, 2 * mm), *body[:first]])
    yield from body[first:]


def _body(section: Section) -> Iterator[Flowable]:
    for text in section.warnings:
        yield _box([_text(text, _style(9.5))], DOUBT, DOUBT_PALE, 2.5 * mm)
        yield Spacer(1, 2 * mm)
    for text in section.paragraphs:
        yield _text(text, _style(10, spaceAfter=2 * mm))
    for row in _rows(section.pictures):
        yield _pictures(row)
    for table in section.tables:
        yield from _table(table)
    for number, text in enumerate(section.listed, 1):
        yield _text(f"{number}. {text}", _style(9, leftIndent=5 * mm, firstLineIndent=-5 * mm))


def _rows(pictures: tuple[Picture, ...]) -> Iterator[list[Picture]]:
    """Yield the pictures that stand side by side."""
    row: list[Picture] = []
    for picture in pictures:
        if row and sum(one.share for one in row) + picture.share > 1.001:
            yield row
            row = []
        row.append(picture)
    if row:
        yield row


def _pictures(row: list[Picture]) -> Flowable:
    cells, widths = [], []
    room = WIDTH - GAP * (len(row) - 1)
    for number, picture in enumerate(row):
        width = picture.share * room
        across, down = PillowImage.open(io.BytesIO(picture.png)).size
        # No picture is higher than half a page.
        scale = min(width / across, 0.5 * A4[1] / down)
        image = Image(io.BytesIO(picture.png), scale * across, scale * down, hAlign="LEFT")
        cells.append([image, Spacer(1, 1 * mm), _text(picture.caption, _style(8.5, SOFT))])
        widths.append(width + (GAP if number < len(row) - 1 else 0))
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 0),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3 * mm),
    ]
    return Grid([cells], colWidths=widths, style=style, hAlign="LEFT")


def _table(table: Table) -> Iterator[Flowable]:
    left, right = _style(8.5), _style(8.5, alignment=TA_RIGHT)
    head_left, head_right = _style(8.5, SOFT), _style(8.5, SOFT, alignment=TA_RIGHT)
    head = [
        _text(title, head_right if column in table.numeric else head_left)
        for column, title in enumerate(table.columns)
    ]
    body = [
        [
            _text(cell, right if column in table.numeric else left, table.symbolic)
            for column, cell in enumerate(row)
        ]
        for row in table.rows
    ]
    grid = Grid(
        [head, *body],
        colWidths=_widths(table),
        repeatRows=1,
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, INK),
            ("LINEBELOW", (0, 1), (-1, -1), 0.4, RULE),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 3 * mm),
            ("TOPPADDING", (0, 0), (-1, -1), 2.2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ],
    )
    heading = _style(9, SOFT, spaceBefore=2 * mm, spaceAfter=1 * mm, keepWithNext=1)
    caption = _text(table.caption, heading)
    if len(table.rows) <= 6:
        yield KeepTogether([caption, grid])
    else:
        yield caption
        yield grid
    if table.note:
        yield _text(table.note, _style(8.5, SOFT, spaceBefore=1 * mm))
    yield Spacer(1, 2 * mm)


def _widths(table: Table) -> list[float]:
    """Return the widths of the columns: as their longest cells need, and what is left shared by
    those that need more than an equal part."""
    needed = []
    for column, title in enumerate(table.columns):
        cells = (title, *(row[column] for row in table.rows))
        needed.append(
            max(pdfmetrics.stringWidth(printable(one), FAMILY, 8.5) for one in cells) + 4 * mm
        )
    if sum(needed) <= WIDTH:
        return [one * WIDTH / sum(needed) for one in needed]
    fair = WIDTH / len(needed)
    spare = WIDTH - sum(min(one, fair) for one in needed)
    over = sum(max(0.0, one - fair) for one in needed)
    return [min(one, fair) + spare * max(0.0, one - fair) / over for one in needed]


def _footer(title: str) -> Callable[[Canvas, BaseDocTemplate], None]:
    def draw(canvas: Canvas, document: BaseDocTemplate) -> None:
        canvas.saveState()
        canvas.setFont(FAMILY, 8)
        canvas.setFillColor(SOFT)
        canvas.drawString(MARGIN, 10 * mm, printable(title)[:90])
        canvas.drawRightString(A4[0] - MARGIN, 10 * mm, f"Lamella, page {document.page}")
        canvas.restoreState()

    return draw
