"""Reads pickles of NumPy arrays and plain containers without running any of what they ask for.

A pickle is a program: Python's own unpickler calls what it names. Here the program is stepped through with
`pickletools`' reader (engine/files/pickle_machine.py), and nothing in it is ever called: the few names that
NumPy arrays are pickled with stand for functions of our own (engine/files/pickled_arrays.py), and any other
name is refused. What a pickle can make us keep is bounded too: no string longer than what is left of the file
is read, every array must have exactly the bytes it declares, the steps are counted, and what is made of other
parts of the pickle (a copy, an encoding) comes out of a budget.
"""

from pathlib import Path
from typing import IO, Any

from engine.errors import DatasetError
from engine.files.pickle_machine import Machine, in_words
from engine.files.pickled_arrays import UNFINISHED, Budget, Refused

DEEPEST = 64
"""Levels of containers in containers. Real files have three."""
BROKEN = (ValueError, IndexError, TypeError, OverflowError, EOFError)


def read_pickle(path: Path, most_bytes: int) -> Any:
    """The content of a pickle: NumPy arrays and scalars, dict, list, tuple, set, text, bytes, numbers, None.

    An array of Python objects comes back as `ObjectArray`, its shape without content. Raises `DatasetError`,
    one line, for a file that is missing, larger than `most_bytes`, cut off or broken, and for one that asks
    for anything else.
    """
    try:
        size = path.stat().st_size
        if size > most_bytes:
            raise DatasetError(f"{path.name} has {size / 1e9:,.2f} GB; {most_bytes / 1e9:g} GB are allowed")
        with path.open("rb") as stream:
            content = Machine(Source(stream, size), Budget(most_bytes)).run()
        check_content(content)
        return content
    except FileNotFoundError:
        raise DatasetError(f"there is no file {path}") from None
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}") from None
    except Refused as error:
        raise DatasetError(f"{path.name}: {error}") from None
    except MemoryError:
        raise DatasetError(f"{path.name} needs more memory than there is") from None
    except BROKEN as error:
        said = (str(error) or "it ends too early").splitlines()[0]
        raise DatasetError(f"{path.name} is no whole pickle: {said[:100]}") from None


class Source:
    """The file as `pickletools` reads it; never reads, or makes room for, more than is left."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self.stream, self.size = stream, size
        self.tell = stream.tell

    def read(self, count: int) -> bytes:
        left = self.size - self.stream.tell()
        if count > max(left, 1):  # the end itself is asked for by one byte
            raise Refused(f"it is cut off: {count:,} bytes are announced where {left:,} are left")
        return self.stream.read(count)

    def readline(self) -> bytes:
        return self.stream.readline()


def check_content(result: Any) -> None:
    """Raises `Refused` for containers nested too deep, and for a function or an unfinished array that is left
    in them."""
    level, seen, depth = [result], set(), 0
    while level:
        inner: list[Any] = []
        for value in level:
            if isinstance(value, UNFINISHED):
                raise Refused(f"it leaves {in_words(value)} where data should be")
            if isinstance(value, dict | list | tuple) and id(value) not in seen:
                seen.add(id(value))
                inner.extend(value.values() if isinstance(value, dict) else value)
        level, depth = inner, depth + 1
        if depth > DEEPEST:
            raise Refused(f"its containers are nested deeper than {DEEPEST} levels")
