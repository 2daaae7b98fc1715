"""One quantity against a swept setting: which configurations make a line, and what a point of it averages
over. No Streamlit here.

Configurations of one method that agree in all other swept settings make a line. Where they do not, there is
a line for each combination of the others, or the average over the combinations that *every* value of the
setting has (of a full grid all; so no value is flattered by what it was combined with). The average is taken
within each seed first, over the combinations, and the interval over seeds afterwards: it is of these
combinations and no others. Where no combination occurs at two values, as in drawn designs, points stand
alone.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from app.groups.grouping import Group
from app.groups.naming import value_words
from app.sweep.axes import Setting
from app.sweep.points import Point, in_words, point_of
from app.sweep.questions import Question
from app.wording.names import method_label

Way = Literal["each", "average"]
"""What becomes of the other settings: a line each, or an average over them."""
FEW_LINES = 4
"""Combinations of a method that are drawn as a line each where nobody chose."""

Combination = tuple[str, ...]


class SweepLine(NamedTuple):
    """The points of one method and combination, by value. joined: whether a line may run through them."""

    label: str
    method: str
    points: tuple[Point, ...]
    joined: bool = True


class Swept(NamedTuple):
    """Lines, and sentences on what was averaged, moves along or was left out."""

    lines: tuple[SweepLine, ...]
    remarks: tuple[str, ...]


class _Members(NamedTuple):
    """The configurations of one method: their values of the setting, and their combination of the others."""

    method: str
    groups: Sequence[Group]
    setting: Setting
    others: Sequence[Setting]

    def combination(self, group: Group) -> Combination:
        return tuple(other.shown(group.digest) for other in self.others)

    def by_combination(self) -> dict[Combination, dict[Any, list[Group]]]:
        """Combination → value → groups (one, but for data sets that have the same name)."""
        found: dict[Combination, dict[Any, list[Group]]] = {}
        for group in self.groups:
            at = found.setdefault(self.combination(group), {})
            at.setdefault(value_words(self.setting.values[group.digest]), []).append(group)
        return found


def sweep(
    groups: Sequence[Group],
    question: Question,
    setting: Setting,
    settings: Sequence[Setting],
    way: Way | None,
) -> Swept:
    """The quantity against the setting, for the groups that have a figure. settings: all that are swept; way:
    None for lines as long as there are few."""
    able = [group for group in groups if question.of_group(group)]
    lines: list[SweepLine] = []
    remarks: dict[str, None] = {}
    for method in dict.fromkeys(group.method for group in able):
        mine = [group for group in able if group.method == method]
        having = [group for group in mine if group.digest in setting.values]
        others = [other for other in settings if other.path != setting.path]
        for part in (having, [group for group in mine if group not in having]):
            if part:
                found, said = _lines(_members(method, part, setting, others), question, way)
                lines += found
                remarks |= dict.fromkeys(said)
    return Swept(tuple(lines), tuple(remarks))


def _members(method: str, groups: Sequence[Group], setting: Setting, others: Sequence[Setting]) -> _Members:
    """With those of the other settings that differ among these groups."""
    digests = [group.digest for group in groups]
    differing = [other for other in others if len({other.shown(digest) for digest in digests}) > 1]
    return _Members(method, groups, setting, differing)


def _lines(members: _Members, question: Question, way: Way | None) -> tuple[list[SweepLine], list[str]]:
    label, has = method_label(members.method), members.groups[0].digest in members.setting.values
    if not has:
        return _without(members, question)
    along = [other for other in members.others if _moves_along(members, other)]
    rest = members._replace(others=[other for other in members.others if other not in along])
    remarks = [f"{label}: {in_words(along)} changes along with {members.setting.words}."] if along else []
    combinations = rest.by_combination()
    values = members.setting.distinct([group.digest for group in members.groups])
    if len(combinations) > 1 and max(len(at) for at in combinations.values()) == 1 and len(values) > 1:
        line = _alone(rest, question, label)
        said = f"{label}: each point is one configuration; {in_words(rest.others)} differ between points too."
        return [line], [*remarks, said]
    if len(combinations) > 1 and (way == "average" or (way is None and len(combinations) > FEW_LINES)):
        line, said = _average(rest, question, label)
        return [line] if line.points else [], [*remarks, said]
    lines = []
    for combination, at in combinations.items():
        told = [f"{o.words} {shown}" for o, shown in zip(rest.others, combination, strict=True)]
        points = [point_of(members.setting, question, groups) for groups in at.values()]
        lines.append(SweepLine(", ".join([label, *told]), members.method, _ordered(members.setting, points)))
    return lines, remarks


def _moves_along(members: _Members, other: Setting) -> bool:
    """Whether another setting is tied to this one: one value of it for each of this one's, ascending or
    descending where both are numbers."""
    pairs = {
        value_words(members.setting.values[g.digest]): (
            members.setting.values[g.digest],
            other.values.get(g.digest),
        )
        for g in members.groups
    }
    together = {
        (value_words(members.setting.values[g.digest]), other.shown(g.digest)) for g in members.groups
    }
    if not len(together) == len(pairs) == len({shown for _, shown in together}):
        return False
    if not (members.setting.is_number and other.is_number):
        return True
    ordered: list[Any] = [value for _, value in sorted(pairs.values())]
    return ordered in (sorted(ordered), sorted(ordered, reverse=True))


def _without(members: _Members, question: Question) -> tuple[list[SweepLine], list[str]]:
    """A method that lacks the setting: one level for all of the axis, averaged over what it swept itself."""
    label = method_label(members.method)
    point = point_of(members.setting, question, members.groups)
    said = [f"{label} has no {members.setting.words}: a level across."]
    if members.others:
        many = len({members.combination(group) for group in members.groups})
        said = [f"{label} has no {members.setting.words}: the mean of its {many} configurations, across."]
    return [SweepLine(label, members.method, (point,))], said


def _alone(members: _Members, question: Question, label: str) -> SweepLine:
    points = [point_of(members.setting, question, [group]) for group in members.groups]
    return SweepLine(label, members.method, _ordered(members.setting, points), joined=False)


def _average(members: _Members, question: Question, label: str) -> tuple[SweepLine, str]:
    combinations = members.by_combination()
    values = {value for at in combinations.values() for value in at}
    whole = {name: at for name, at in combinations.items() if at.keys() == values}
    left_out = len(combinations) - len(whole)
    over = in_words(members.others)
    if not whole:
        return SweepLine(label, members.method, ()), (
            f"{label} cannot be averaged over {over}: no combination of them occurs at every "
            f"{members.setting.words}."
        )
    points = [
        point_of(members.setting, question, [group for at in whole.values() for group in at[value]])
        for value in sorted(values)
    ]
    said = f"{label}: averaged over {len(whole)} combination{'s' * (len(whole) > 1)} of {over}"
    if left_out:
        others = "1 other is" if left_out == 1 else f"{left_out} others are"
        said += f", which every {members.setting.words} has; {others} left out"
    return SweepLine(label, members.method, _ordered(members.setting, points)), f"{said}."


def _ordered(setting: Setting, points: Sequence[Point]) -> tuple[Point, ...]:
    if setting.is_number:
        return tuple(sorted(points, key=lambda point: point.value))
    place = [value_words(value) for value in setting.distinct()]
    return tuple(sorted(points, key=lambda point: place.index(value_words(point.value))))
