"""Middle and ends of a few measurements, by what single odd ones do not move."""

import math
from collections.abc import Sequence


def median(values: Sequence[float]) -> float:
    """The one in the middle, or the mean of the two."""
    ordered = sorted(values)
    upper = len(ordered) // 2
    return (ordered[(len(ordered) - 1) // 2] + ordered[upper]) / 2


def deviation(values: Sequence[float]) -> float:
    """The median distance to the median, scaled to be the standard deviation where the
    values are normally distributed."""
    middle = median(values)
    return 1.4826 * median([abs(value - middle) for value in values])


def percentile(values: Sequence[float], per_cent: int) -> float:
    """The smallest one that so many of a hundred do not exceed: always one that was measured.
    Of fewer than twenty, the 95th is the largest."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * per_cent / 100) - 1)]
