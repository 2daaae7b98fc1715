"""Text and figures as LaTeX: whatever a name holds, what is printed is that name and nothing is run. Pure
functions; the result is ASCII, which every TeX reads."""

import re
import unicodedata

from app.report.rounding import Rounded

LONGEST = 200
"""Characters of one text."""
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    "-": r"{-}",  # so that two are no dash
    "[": r"{[}",  # which would be an argument behind a line's end
    "]": r"{]}",
    "*": r"{*}",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
    "−": r"$-$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "…": r"\ldots{}",
    "’": r"\textquoteright{}",
    "‘": r"\textquoteleft{}",
    "“": r"\textquotedblleft{}",
    "”": r"\textquotedblright{}",
    "²": r"$^{2}$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "≈": r"$\approx$",
    "→": r"$\to$",
    "√": r"$\surd$",
    "ß": r"\ss{}",
    "ø": r"\o{}",
    "Ø": r"\O{}",
    "æ": r"\ae{}",
    "Æ": r"\AE{}",
    "ł": r"\l{}",
    "Ł": r"\L{}",
    "ı": r"\i{}",
    "Î": r"\^{I}",
}
_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r",
    "\u030b": "H",
    "\u030c": "v",
    "\u0327": "c",
    "\u0328": "k",
}
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta",
    "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "µ": "mu", "ν": "nu", "ξ": "xi",
    "π": "pi", "ρ": "rho", "σ": "sigma", "ς": "varsigma", "τ": "tau", "υ": "upsilon", "φ": "varphi",
    "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda",
    "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip


def escape(value: object) -> str:
    """LaTeX that prints just this text, on one line and at most `LONGEST` characters; a sign that TeX's fonts
    do not have is printed as its number, U+4E2D."""
    text = " ".join(str(value).split())
    if len(text) > LONGEST:
        text = text[: LONGEST - 1] + "…"
    return "".join(map(_sign, unicodedata.normalize("NFC", text)))


def _sign(sign: str) -> str:
    if sign in _SPECIAL:
        return _SPECIAL[sign]
    if sign in _GREEK:
        return rf"$\{_GREEK[sign]}$"
    if " " <= sign <= "\x7e":
        return sign
    parts = unicodedata.normalize("NFD", sign)
    if len(parts) == 2 and parts[1] in _ACCENTS and re.fullmatch("[A-Za-z]", parts[0]):
        return rf"\{_ACCENTS[parts[1]]}{{{parts[0]}}}"
    return rf"\mbox{{U+{ord(sign):04X}}}"


def figure(value: Rounded, *, bold: bool = False) -> str:
    r"""A figure in mathematics: `$77.2 \pm 2.1$`, with both sides where the interval is uneven."""
    mean = _number(value.mean)
    if value.below is None:
        inside = mean
    elif value.even:
        inside = rf"{mean} \pm {_number(value.below)}"
    else:
        inside = rf"{mean}_{{-{_number(value.below)}}}^{{+{_number(str(value.above))}}}"
    return rf"$\mathbf{{{inside}}}$" if bold else f"${inside}$"


def _number(text: str) -> str:
    """Digits as they stand in mathematics; a dash where there is no number."""
    return r"\text{--}" if text == "–" else text.replace("−", "-").replace(",", "{,}")
