"""Pages, charts and screens with random content: what a user may drop in that is no micrograph.

Every function takes a random generator and a side in px, and returns (side, side) uint8.
"""

from __future__ import annotations

import string

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

LETTERS = np.array([*(string.ascii_lowercase * 6 + string.ascii_uppercase + string.digits)])


def text_page(random: np.random.Generator, side: int) -> np.ndarray:
    """Return a page of lines of random words, with headings, dark on light or the reverse."""
    paper, ink = _paper_and_ink(random)
    page = Image.new("L", (side, side), paper)
    draw = ImageDraw.Draw(page)
    size = int(random.integers(max(8, side // 40), max(9, side // 14)))
    left, top = random.integers(-size, side // 8), int(random.integers(-size, side // 10))
    while top < side:
        is_heading = random.random() < 0.08
        font = ImageFont.load_default(size * (2 if is_heading else 1))
        if random.random() > 0.06:
            line = words(random, 2 if is_heading else int(random.integers(4, 16)))
            draw.text((float(left), top), line, fill=ink, font=font)
        top += int(size * (2.6 if is_heading else random.uniform(1.2, 1.5)))
    return np.asarray(page)


def chart(random: np.random.Generator, side: int) -> np.ndarray:
    """Return axes with ticks, numbers and lines, points or bars."""
    paper, ink = _paper_and_ink(random)
    page = Image.new("L", (side, side), paper)
    draw = ImageDraw.Draw(page)
    left, bottom = int(side * random.uniform(0.08, 0.2)), int(side * random.uniform(0.8, 0.92))
    right, top = int(side * random.uniform(0.88, 0.97)), int(side * random.uniform(0.04, 0.15))
    font = ImageFont.load_default(max(7, side // int(random.integers(22, 40))))
    grid = random.random() < 0.5
    for share in np.linspace(0, 1, int(random.integers(3, 9))):
        row, column = bottom + (top - bottom) * share, left + (right - left) * share
        if grid:
            tone = (3 * paper + ink) // 4
            draw.line([(left, row), (right, row)], fill=tone)
            draw.line([(column, top), (column, bottom)], fill=tone)
        draw.text((left * 0.2, row - side / 60), f"{share * random.integers(1, 99):.1f}", ink, font)
        draw.text((column, bottom + side / 60), f"{share:.1f}", ink, font)
    draw.text((left + side * 0.1, 0), words(random, 4), ink, font)
    for _ in range(int(random.integers(1, 5))):
        _series(draw, random, (left, top, right, bottom), ink)
    draw.line([(left, top), (left, bottom), (right, bottom)], fill=ink, width=2)
    if random.random() < 0.5:
        draw.line([(left, top), (right, top), (right, bottom)], fill=ink, width=2)
    return np.asarray(page)


def _series(
    draw: ImageDraw.ImageDraw,
    random: np.random.Generator,
    box: tuple[int, int, int, int],
    ink: int,
) -> None:
    left, top, right, bottom = box
    count = int(random.integers(4, 60))
    across = np.linspace(left, right, count + 1)[:-1] + (right - left) / (2 * count)
    walk = np.cumsum(random.normal(0, 1, count)) + random.normal(0, 3) * np.linspace(0, 1, count)
    walk = (walk - walk.min()) / max(np.ptp(walk), 1e-6) * random.uniform(0.3, 0.95)
    down = bottom - (bottom - top) * walk
    tone = int(ink + (128 - ink) * random.uniform(0, 0.9))
    kind = random.integers(3)
    if kind == 0:
        points = [*zip(across, down, strict=True)]
        draw.line(points, fill=tone, width=int(random.integers(1, 4)))
    for x, y in zip(across, down, strict=True):
        if kind == 1:
            r = random.integers(1, 5)
            draw.ellipse([x - r, y - r, x + r, y + r], fill=tone)
        if kind == 2:
            half = (right - left) / (2.6 * count)
            draw.rectangle([x - half, y, x + half, bottom], fill=tone, outline=ink)


def screen(random: np.random.Generator, side: int) -> np.ndarray:
    """Return a screen of windows, panels, buttons and lines of text."""
    paper, ink = _paper_and_ink(random)
    page = Image.new("L", (side, side), paper)
    draw = ImageDraw.Draw(page)
    size = max(8, side // int(random.integers(24, 48)))
    font = ImageFont.load_default(size)
    for _ in range(int(random.integers(4, 16))):
        x, y = random.uniform(-0.1, 0.9, 2) * side
        w, h = random.uniform(0.08, 0.6) * side, random.uniform(0.04, 0.5) * side
        tone = int(np.clip(paper + random.normal(0, 50), 0, 255))
        radius = float(random.choice((0, 0, 6, 12)))
        draw.rounded_rectangle([x, y, x + w, y + h], radius, fill=tone, outline=ink)
        for line in range(min(int(h / (size * 1.5)), int(random.integers(0, 8)))):
            draw.text((x + 6, y + 4 + 1.4 * size * line), words(random, 3), ink, font)
    return np.asarray(page)


def table(random: np.random.Generator, side: int) -> np.ndarray:
    """Return rows and columns of numbers between lines."""
    paper, ink = _paper_and_ink(random)
    page = Image.new("L", (side, side), paper)
    draw = ImageDraw.Draw(page)
    size = int(random.integers(side // 36, side // 16))
    font, columns = ImageFont.load_default(size), int(random.integers(3, 9))
    for row in range(int(side / (1.6 * size)) + 1):
        top = 1.6 * size * row
        draw.line([(0, top), (side, top)], fill=(paper + ink) // 2)
        for column in range(columns):
            number = f"{random.normal(0, 100):.2f}"
            draw.text((side * column / columns + 4, top + 2), number, ink, font)
    return np.asarray(page)


def heat_map(random: np.random.Generator, side: int) -> np.ndarray:
    """Return a matrix of cells with numbers beside it, as of correlations."""
    cells = int(random.integers(4, 20))
    values = random.integers(0, 256, (cells, cells), dtype=np.uint8)
    inner = side * 4 // 5
    page = Image.new("L", (side, side), 255)
    page.paste(
        Image.fromarray(cv2.resize(values, (inner, inner), interpolation=cv2.INTER_NEAREST)),
        (side - inner - side // 20, side // 20),
    )
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(max(8, side // 40))
    for cell in range(cells):
        at = side // 20 + inner * (cell + 0.5) / cells
        draw.text((4, at - side / 80), words(random, 1)[:8], 0, font)
        draw.text((side - inner - side // 20 + at - side // 20, side * 0.88), f"{cell}", 0, font)
    return np.asarray(page)


def pie(random: np.random.Generator, side: int) -> np.ndarray:
    """Return a pie chart with labels."""
    page = Image.new("L", (side, side), 255)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(max(8, side // 30))
    edges = np.concatenate([[0], np.sort(random.uniform(0, 360, random.integers(2, 8))), [360]])
    box = [side * 0.15, side * 0.15, side * 0.85, side * 0.85]
    for begin, end in zip(edges[:-1], edges[1:], strict=True):
        draw.pieslice(box, begin, end, fill=int(random.integers(30, 230)), outline=0)
        middle = np.deg2rad((begin + end) / 2)
        spot = side * (0.47 + 0.42 * np.array([np.cos(middle), np.sin(middle)]))
        draw.text((spot[0], spot[1]), words(random, 1), 0, font)
    return np.asarray(page)


def words(random: np.random.Generator, count: int) -> str:
    """Return ``count`` random words."""
    return " ".join("".join(random.choice(LETTERS, random.integers(1, 11))) for _ in range(count))


def _paper_and_ink(random: np.random.Generator) -> tuple[int, int]:
    light, dark = int(random.integers(190, 256)), int(random.integers(0, 90))
    return (light, dark) if random.random() < 0.7 else (dark, light)
