"""Colours of the parts of information, the same on every page; synergy has the accent, for it is what this
studio is about."""

from app.charts.style import ACCENT

ATOM_COLOURS = {
    "Redundancy": "#4A84A8",
    "Unique 1": "#5F9483",
    "Unique 2": "#A07F4B",
    "Synergy": ACCENT,
    "Loss": "#8C5463",
}
"""Order of stacking, from the axis upward; a loss goes downward."""

ATOM_MEANING = {
    "Redundancy": "bits that either modality alone tells",
    "Unique 1": "bits that only the first modality tells",
    "Unique 2": "bits that only the second modality tells",
    "Synergy": "bits that only the two together tell",
    "Loss": "bits that the modalities alone tell and the probe does not read from the fused "
    "representation; the fusion lost them only where the two side by side still tell them",
}
