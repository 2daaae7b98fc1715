"""What is said beside the curves: how to read them, what they leave out, and what they show to who cannot see
them. No Streamlit here."""

from collections.abc import Mapping

from app.charts.group_curves import BANDS, LABELLED
from app.curves.frames import FAINT_LINES, Drawn
from app.curves.means import Axis, MeanCurve
from app.wording.figures import show_count, show_number

UNITS: Mapping[Axis, str] = {"step": "steps", "epoch": "epochs", "time": "minutes"}


def ends_in_words(means: Mapping[str, MeanCurve]) -> str:
    """How each line begins and ends, for `LABELLED` of them."""
    said = [
        f"{label} from {show_number(float(curve.mean[0]))} to {show_number(float(curve.mean[-1]))}"
        for label, curve in list(means.items())[:LABELLED]
    ]
    more = len(means) - len(said)
    return "; ".join(said) + (f"; and {show_count(more, 'more line')}" if more > 0 else "")


def left_out(frames: Drawn, means: Mapping[str, MeanCurve], singles: bool) -> list[str]:
    """What a chart does not show, and where a mean ends early, in sentences. singles: whether single runs are
    drawn."""
    said = []
    if frames.not_positive:
        points = show_count(frames.not_positive, "point")
        said.append(f"{points} of the lines, at zero or below, have no place on a logarithmic axis.")
    if frames.at_zero:
        points = show_count(frames.at_zero, "point")
        said.append(f"{points} at the start of the axis have no place on a logarithmic one.")
    short = [label for label, curve in means.items() if min(curve.ends) < max(curve.ends) / 2]
    if short:
        names = ", ".join(short[:3]) + (" …" if len(short) > 3 else "")
        rest = "." if singles else "; single runs go on."
        said.append(f"The mean of {names} ends where its shortest run does{rest}")
    if len(means) > LABELLED:
        said.append(
            f"{LABELLED} of {len(means)} lines are labelled; point at a line to learn the others' names."
        )
    return said


def how_to_read(lines: int, seeds: int, axis: Axis, half_life: float, losses: bool) -> str:
    """The caption below all charts. lines: of the chart with most; seeds: of the group with most; half_life:
    of the smoothing, 0 for none; losses: whether some chart shows one."""
    said = ["Lines: mean over seeds, up to the last point that all seeds of a group have reached."]
    if seeds > 1:
        said.append(f"Band: 95 % interval of that mean{_up_to(lines, BANDS)}.")
    else:
        said = ["One seed a group, so no band."]
    if half_life:
        said.append(
            f"Smoothed before points are left out: each point weighs half of one {show_number(half_life)} "
            f"{UNITS[axis]} later. Faint: as recorded{_up_to(lines, FAINT_LINES)}."
        )
    if losses:
        said.append("Losses of different methods are sums of different terms: compare shapes, not heights.")
    said.append("Drag over a chart to see a stretch of it in finer points.")
    return " ".join(said)


def _up_to(lines: int, most: int) -> str:
    """Said where some chart has more lines than are drawn so."""
    return f", in charts of up to {most} groups" if lines > most else ""
