"""The sign of the studio: two overlapping modalities of which some tokens are masked. Drawn in place, no
files."""

_TILES = (
    # (column, row, masked)
    (0, 0, False),
    (1, 0, True),
    (0, 1, True),
    (1, 1, False),
    (2, 1, True),
    (1, 2, True),
    (2, 2, False),
)
_SIZE, _STEP = 8.5, 10.5
ACCENT, PETROL = "#D9541E", "#0B6074"


def _tiles(ink: str) -> str:
    """Seven tokens on a grid: full where seen, outlined where masked; the one both modalities share is the
    accent."""
    parts = []
    for column, row, masked in _TILES:
        x, y = column * _STEP + 0.75, row * _STEP + 0.75
        colour = ACCENT if (column, row) == (1, 1) else ink
        paint = f'fill="none" stroke="{colour}" stroke-width="1.5"' if masked else f'fill="{colour}"'
        inset = 0.75 if masked else 0.0
        side = _SIZE - 2 * inset
        parts.append(f'<rect x="{x + inset}" y="{y + inset}" width="{side}" height="{side}" rx="2" {paint}/>')
    return "".join(parts)


_SVG = '<svg xmlns="http://www.w3.org/2000/svg"'
ICON = f'{_SVG} width="64" height="64" viewBox="0 0 31 31">{_tiles(PETROL)}</svg>'


def wordmark(dark: bool) -> str:
    """The sign with the name beside it, as SVG, for a dark or a light background."""
    ink, tiles = ("#E6EEEF", "#56B6CB") if dark else ("#13262B", PETROL)
    # A fixed length, for nobody knows which serif the reader's machine has.
    name = (
        f'<text x="42" y="22" font-family="Georgia, Times New Roman, serif" font-size="18" font-weight="600" '
        f'textLength="160" lengthAdjust="spacingAndGlyphs" fill="{ink}">InfMasking Studio</text>'
    )
    return f'{_SVG} width="212" height="32" viewBox="0 0 212 32">{_tiles(tiles)}{name}</svg>'
