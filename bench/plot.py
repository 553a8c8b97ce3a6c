"""The seconds to a shell as bars, in an SVG of our own: a line for each peer, min to max."""

from statistics import median
from xml.sax.saxutils import escape

from bench.measure import Taken

_ROW, _LEFT, _WIDTH = 22, 170, 560


def plot(name: str, taken: Taken, kind: str = "up") -> str:
    """The plot of one kind of run. No scripts, no fonts to load; it follows light and dark."""
    rows = [
        (peer, kinds[kind])
        for peer, kinds in taken.seconds.items()
        if kind in kinds and peer not in taken.failed
    ]
    if taken.floor:
        rows.append(("the engine's floor", [sum(one.values()) for one in taken.floor]))
    rows.sort(key=lambda row: median(row[1]))
    scale = _WIDTH / max((max(values) for _, values in rows), default=1)
    height = _ROW * len(rows) + 50
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 90} {height}" '
            'font-family="sans-serif" font-size="12" role="img">'
        ),
        f"<title>Seconds to a ready shell: {escape(name)}</title>",
        "<style>text{fill:#444}@media(prefers-color-scheme:dark){text{fill:#ccc}}</style>",
        (
            f'<text x="0" y="16" font-weight="bold">{escape(name)}: seconds to a ready shell, '
            "image present (median, min to max)</text>"
        ),
    ]
    for index, (peer, values) in enumerate(rows):
        top, middle = 30 + index * _ROW, median(values)
        colour = "#2a7de1" if peer == "devpod-gen" else "#9aa4b0"
        low, high = _LEFT + min(values) * scale, _LEFT + max(values) * scale
        parts += [
            f'<text x="{_LEFT - 8}" y="{top + 13}" text-anchor="end">{escape(peer)}</text>',
            (
                f'<rect x="{_LEFT}" y="{top + 2}" width="{middle * scale:.1f}" height="14" '
                f'fill="{colour}"/>'
            ),
            f'<path d="M{low:.1f} {top + 9}H{high:.1f}" stroke="#d1495b" stroke-width="2"/>',
            f'<text x="{high + 6:.1f}" y="{top + 13}">{middle:.2f}</text>',
        ]
    return "\n".join([*parts, "</svg>\n"])
