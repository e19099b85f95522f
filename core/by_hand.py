"""What a person corrected, in numbers and in words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ByHand:
    """What of an analysis a person corrected.

    ``objects``: how many there are; ``corrected``: those of them that were changed, drawn or
    clicked; ``removed``: of the model's, that are none any more; ``confirmed``: said to be right.
    ``changed_share``: of the image's pixels, in [0, 1]; None where it was not counted.
    ``revision``: how many steps led there, which with an id names an object for good.
    """

    objects: int
    corrected: int = 0
    drawn: int = 0
    clicked: int = 0
    removed: int = 0
    confirmed: int = 0
    changed_share: float | None = None
    revision: int | None = None

    def __str__(self) -> str:
        parts = []
        if self.objects or self.removed:
            noun = "object" if self.corrected == 1 else "objects"
            parts.append(f"{self.corrected:,} {noun} of {self.objects:,}")
        for count, what in ((self.removed, "removed"), (self.confirmed, "confirmed")):
            if count:
                parts.append(f"{count:,} {what}")
        if self.changed_share and not self.corrected:
            parts.append(f"{100 * self.changed_share:.2g} % of the image changed")
        return "corrected by hand" + (f": {', '.join(parts)}" if parts else "")
