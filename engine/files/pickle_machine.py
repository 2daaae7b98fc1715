"""Steps through the program that a pickle is. Nothing that a pickle names is ever called: see
engine/files/unpickling.py."""

import pickletools
from collections.abc import Callable
from typing import Any

from engine.files.pickled_arrays import KNOWN, ArrayInMaking, Budget, Name, Refused, build

MOST_STEPS = 1_000_000
"""Steps of one pickle. A step keeps at most about 250 bytes (an empty set) besides what it reads from the
file."""
MOST_STACK = 100_000
"""Values that wait for their container: lists and dictionaries are filled by the thousand, only tuples by
their length."""
PLAIN = (str, bytes, int, float, bool, type(None))
_MARK = Name("mark")


class Machine:
    """The pickle machine: a stack, a memo, and what the steps (`_STEPS`) do to them."""

    def __init__(self, source: Any, budget: Budget) -> None:
        self.source, self.budget = source, budget
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        """What the pickle leaves; raises `Refused` for a step or a name that data do not need."""
        for number, (opcode, argument, _) in enumerate(pickletools.genops(self.source)):
            if number >= MOST_STEPS or len(self.stack) > MOST_STACK:
                raise Refused(
                    f"it takes more than {MOST_STEPS:,} steps, or piles up more than {MOST_STACK:,} values"
                )
            if opcode.name == "STOP":
                break
            step = _STEPS.get(opcode.name)
            if step is None:
                raise Refused(
                    f"it has the step {opcode.name}, which pickles of arrays and plain containers do not need"
                )
            step(self, argument)
        (result,) = self.pop(1)
        return result

    def remember(self, key: int) -> None:
        value = self.memo[key] = self.stack[-1]
        if isinstance(value, ArrayInMaking):
            value.keys.append(key)

    def recall(self, key: int) -> None:
        if key not in self.memo:
            raise Refused("it is broken: it recalls what it never kept")
        self.stack.append(self.memo[key])

    def since_mark(self) -> list[Any]:
        """Takes everything above the last mark off the stack, and the mark."""
        stack = self.stack
        place = len(stack) - 1
        while stack[place] is not _MARK:
            place -= 1
            if place < 0:
                raise Refused("it is broken: a container has no beginning")
        values = stack[place + 1 :]
        del stack[place:]
        return values

    def _container(self, kind: type) -> Any:
        """The container on top, which must be of this kind."""
        if type(self.stack[-1]) is not kind:
            raise Refused(
                f"it is broken: something is added to a {type(self.stack[-1]).__name__} as if it were a "
                f"{kind.__name__}"
            )
        return self.stack[-1]

    def extend(self, values: list[Any]) -> None:
        self._container(list).extend(values)

    def add(self, values: list[Any]) -> None:
        self._container(set).update(map(plain_key, values))

    def put_items(self, values: list[Any]) -> None:
        container = self._container(dict)
        for key, value in zip(values[::2], values[1::2], strict=True):
            container[plain_key(key)] = value

    def dict_of(self, values: list[Any]) -> None:
        self.stack.append({})
        self.put_items(values)

    def top(self, count: int) -> list[Any]:
        if len(self.stack) < count:
            raise Refused("it is broken: its stack is empty")
        return self.stack[len(self.stack) - count :]

    def pop(self, count: int) -> list[Any]:
        values = self.top(count)
        del self.stack[len(self.stack) - count :]
        return values

    def reduce(self, called: Any, arguments: Any) -> None:
        """What Python does by calling: here only one of our own functions, which checks its arguments."""
        if not isinstance(called, Name) or called.make is None or type(arguments) is not tuple:
            raise Refused(f"it calls {in_words(called)}; only NumPy arrays and plain containers are read")
        self.stack.append(called.make(arguments, self.budget))

    def build(self, target: Any, state: Any) -> None:
        finished = build(target, state, self.budget)
        if isinstance(target, ArrayInMaking):
            for key in target.keys:
                self.memo[key] = finished
        self.stack.append(finished)


def known_name(module: Any, name: Any) -> Name:
    """What a name of the pickle stands for; raises `Refused` for any but the few that arrays are pickled
    with."""
    stand_in = KNOWN.get(f"{module}.{name}") if isinstance(module, str) and isinstance(name, str) else None
    if stand_in is None:
        raise Refused(
            f"it asks for {in_words(f'{module}.{name}')}; only NumPy arrays and plain containers are read"
        )
    return stand_in


def plain_key(key: Any) -> Any:
    """A key or a member of a set, which must be plain: hashing deep tuples would recurse."""
    if type(key) not in PLAIN:
        raise Refused(f"it uses {in_words(key)} as a key; allowed are text and numbers")
    return key


def in_words(value: Any) -> str:
    if isinstance(value, Name):
        return f"'{value.name}'"
    if isinstance(value, str):
        return repr(value[:100])
    return f"a {type(value).__name__}"


_LITERALS = (
    "BININT BININT1 BININT2 INT LONG LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING SHORT_BINSTRING UNICODE "
    "BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8"
)
_STEPS: dict[str, Callable[[Machine, Any], object]] = {
    **dict.fromkeys(_LITERALS.split(), lambda m, argument: m.stack.append(argument)),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT", "PUT"), lambda m, key: m.remember(key)),
    **dict.fromkeys(("BINGET", "LONG_BINGET", "GET"), lambda m, key: m.recall(key)),
    "MEMOIZE": lambda m, _: m.remember(len(m.memo)),
    "PROTO": lambda m, _: None,
    "FRAME": lambda m, _: None,
    "NONE": lambda m, _: m.stack.append(None),
    "NEWTRUE": lambda m, _: m.stack.append(True),
    "NEWFALSE": lambda m, _: m.stack.append(False),
    "MARK": lambda m, _: m.stack.append(_MARK),
    "EMPTY_DICT": lambda m, _: m.stack.append({}),
    "EMPTY_LIST": lambda m, _: m.stack.append([]),
    "EMPTY_TUPLE": lambda m, _: m.stack.append(()),
    "EMPTY_SET": lambda m, _: m.stack.append(set()),
    "APPEND": lambda m, _: m.extend(m.pop(1)),
    "APPENDS": lambda m, _: m.extend(m.since_mark()),
    "ADDITEMS": lambda m, _: m.add(m.since_mark()),
    "SETITEM": lambda m, _: m.put_items(m.pop(2)),
    "SETITEMS": lambda m, _: m.put_items(m.since_mark()),
    "TUPLE1": lambda m, _: m.stack.append(tuple(m.pop(1))),
    "TUPLE2": lambda m, _: m.stack.append(tuple(m.pop(2))),
    "TUPLE3": lambda m, _: m.stack.append(tuple(m.pop(3))),
    "TUPLE": lambda m, _: m.stack.append(tuple(m.since_mark())),
    "LIST": lambda m, _: m.stack.append(m.since_mark()),
    "DICT": lambda m, _: m.dict_of(m.since_mark()),
    "FROZENSET": lambda m, _: m.stack.append(frozenset(map(plain_key, m.since_mark()))),
    "POP": lambda m, _: m.pop(1),
    "POP_MARK": lambda m, _: m.since_mark(),
    "DUP": lambda m, _: m.stack.append(m.top(1)[0]),
    "GLOBAL": lambda m, name: m.stack.append(known_name(*name.split(" ", 1))),
    "STACK_GLOBAL": lambda m, _: m.stack.append(known_name(*m.pop(2))),
    "REDUCE": lambda m, _: m.reduce(*m.pop(2)),
    "BUILD": lambda m, _: m.build(*m.pop(2)),
}
