"""The answer in words: of each data set one sentence on who is ahead, in scores and in bits and how the two
go together, then what it would take to decide it, and how the others stand. No Streamlit here."""

from collections.abc import Sequence
from typing import NamedTuple

from app.comparison.answer import Answer, Cell
from app.comparison.differences import Difference
from app.comparison.questions import Question
from app.groups.readings import show_difference, show_estimate, what_it_takes
from app.groups.seed_tests import Verdict
from app.wording.figures import show_count

WHY = "accuracy counts right answers, bits also weigh how sure the probe is of each"


class Sentence(NamedTuple):
    """What is said of one data set. short: in one line, for a list. text: the sentence. more: what stands
    below it, each a sentence."""

    data: str
    short: str
    text: str
    more: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join([self.text, *self.more])


def sentences(answer: Answer) -> list[Sentence]:
    """One for each data set that has a result, in the order of the questions."""
    data_sets = dict.fromkeys(question.data for question in answer.questions)
    return [sentence for data in data_sets if (sentence := _of_data(answer, data)) is not None]


def _of_data(answer: Answer, data: str) -> Sentence | None:
    question = answer.headline(data)
    if question is None:
        return None
    heading = f"{question.name[:1].upper()}{question.name[1:]}"
    main = _leader(answer, question)
    if main is None:
        return _alone(answer, question, heading)
    score = _in_score(main, question)
    twin = answer.in_bits(question)
    bits = None if twin is None else answer.differences.get((twin.key, main.label))
    together = "" if bits is None or bits.missing else _in_bits(main, bits)
    text = f"{heading}: {score}{together}."
    takes = what_it_takes(main.decision) if not main.missing else ""
    more = [f"{takes[:1].upper()}{takes[1:]}."] if takes else []
    return Sentence(data, f"{heading}: {score}", text, tuple(more + _others(answer, question)))


def _leader(answer: Answer, question: Question) -> Difference | None:
    """The difference that the sentence tells: of the best on average of those that are ahead, else of all
    others."""
    compared = [difference for (key, _), difference in answer.differences.items() if key == question.key]
    measured = [difference for difference in compared if not difference.missing] or compared
    sign = -1 if question.lower_is_better else 1
    cells = answer.cells[question.key]

    def height(difference: Difference) -> float:
        cell = cells.get(difference.label)
        return float("-inf") if cell is None else sign * cell.estimate.mean

    return max(
        measured,
        key=lambda difference: (difference.decision.verdict == "ahead", height(difference)),
        default=None,
    )


def _alone(answer: Answer, question: Question, heading: str) -> Sentence | None:
    """The sentence where there is nobody to compare with."""
    cell: Cell | None = answer.cells[question.key].get(answer.baseline)
    if cell is None:
        return None
    words = f"{answer.baseline} has {show_estimate(cell.estimate, question.unit)} {question.measure}"
    text = f"{heading}: {words}; there is no other configuration to compare it with."
    return Sentence(question.data, f"{heading}: {words}", text)


def _in_score(difference: Difference, question: Question) -> str:
    """ "InfMasking is ahead of CoMM in accuracy, +2.1 points [+0.3, +3.9] over 3 pairs"."""
    ours, base, verdict = difference.label, difference.baseline, difference.decision.verdict
    if difference.missing:
        return f"{difference.missing} has no result yet, so nothing is compared"
    if verdict == "no pair":
        return f"{ours} and {base} have no seed in common, so they are not compared"
    figures = _figures(difference)
    lower = " (lower is better)" if question.lower_is_better else ""
    phrases: dict[Verdict, str] = {
        "ahead": f"{ours} is ahead of {base} in {question.measure}{lower}, {figures}",
        "behind": f"{ours} is behind {base} in {question.measure}{lower}, {figures}",
        "undecided": f"{question.measure}{lower} does not tell {ours} from {base}, {figures}",
        "equal": f"{ours} and {base} are equal in {question.measure} on every seed",
        "one pair": f"one pair of seeds decides nothing between {ours} and {base}, {figures}",
    }
    return phrases[verdict]


def _in_bits(score: Difference, bits: Difference) -> str:
    """How bits go together with it, from the comma on."""
    verdict, decided = bits.decision.verdict, score.decision.decided
    if bits.decision.difference.estimate is None:
        return ""
    figures = _figures(bits)
    if decided and verdict == score.decision.verdict:
        return f"; bits agree ({figures})"
    if decided and bits.decision.decided:
        return f"; bits point the other way ({figures}), for {WHY}"
    if decided:
        return f"; bits leave it open ({figures}), for they hold more doubt: {WHY}"
    if bits.decision.decided:
        first = bits.label if verdict == "ahead" else bits.baseline
        return f"; bits decide it for {first} ({figures}), for {WHY}"
    return f"; nor do bits ({figures})" if score.decision.verdict == "undecided" else f"; bits: {figures}"


def _figures(difference: Difference) -> str:
    value = difference.decision.difference.estimate
    if value is None:
        return "no pair"
    return f"{show_difference(value, difference.question.unit)} over {show_count(value.n, 'pair')}"


def _others(answer: Answer, question: Question) -> list[str]:
    """How many of all others are ahead, where there are more than two."""
    compared = [difference for (key, _), difference in answer.differences.items() if key == question.key]
    if len(compared) < 3:
        return []
    verdicts = [difference.decision.verdict for difference in compared]
    ahead, behind = verdicts.count("ahead"), verdicts.count("behind")
    undecided = len(compared) - ahead - behind
    if undecided == len(compared):
        return [f"None of the {undecided:,} others is decided."]
    best = next((label for label, cell in answer.cells[question.key].items() if cell.best), None)
    parts = [
        f"{count} {'is' if count == 1 else 'are'} {where}"
        for count, where in (
            (ahead, f"ahead of {answer.baseline}"),
            (behind, "behind"),
            (undecided, "not decided"),
        )
        if count
    ]
    line = f"Of {len(compared):,} others {', '.join(parts)}"
    return [f"{line}; {best} is the best, decided against each." if best else f"{line}."]


def short_answer(answers: Sequence[Sentence]) -> str:
    """The answer in one line: of the first data set, and how many more there are."""
    if not answers:
        return ""
    several = len(answers) > 1
    first = f"{answers[0].data}: {answers[0].short}" if several else answers[0].short
    return f"{first} (and {show_count(len(answers) - 1, 'more data set')})" if several else first
