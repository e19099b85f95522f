"""How large a pixel is, and where that number comes from."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import LamellaError

MOST_OBLONG = 10.0
"""Largest ratio of the sides of a pixel: a sample tilted by 80 degrees gives 5.8."""


@dataclass(frozen=True)
class PixelSize:
    """Width and height of a pixel.

    ``nm``: its width in nanometres, 1e-3 to 1e6 (1 pm to 1 mm). ``source``: where the number comes
    from, in words a user understands: "FEI tag 34682", "typed by user". ``height_nm``: None where
    the pixel is square, as nearly all are. ``note``: one sentence on why the number may be wrong,
    such as a value that the format has when nobody sets it; "" without such a doubt.
    ``error_percent``: half-width of its 95 % interval, None where that is not known.
    """

    nm: float
    source: str
    height_nm: float | None = None
    note: str = ""
    error_percent: float | None = None

    def __post_init__(self) -> None:
        sides = (self.nm, self.nm if self.height_nm is None else self.height_nm)
        for nm in sides:
            if not 1e-3 <= nm <= 1e6:
                raise LamellaError(
                    f"The pixel size is {nm:g} nm ({self.source}); it must lie between 0.001 nm "
                    "and 1 000 000 nm. Give the right one, or none to measure in px."
                )
        if max(sides) > MOST_OBLONG * min(sides):
            raise LamellaError(
                f"The pixel size is {self.in_words} ({self.source}); one side may be "
                f"{MOST_OBLONG:g} times the other, as at a steep tilt, not more. Give the right "
                "one, or none to measure in px."
            )

    @property
    def area_nm2(self) -> float:
        """Area of a pixel in square nanometres."""
        return self.nm * (self.nm if self.height_nm is None else self.height_nm)

    @property
    def in_words(self) -> str:
        """The width with its unit, and the height where that differs: "10 x 16 nm"."""
        height = "" if self.height_nm is None else f" x {self.height_nm:.5g}"
        return f"{self.nm:.5g}{height} nm"

    @property
    def is_square(self) -> bool:
        """Whether one number says how large a pixel is."""
        return self.height_nm is None
