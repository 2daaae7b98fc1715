"""Tables that people paste: every row of XOR is one of the table, and no row of names is."""

import pytest

from app.synergy.table_input import decode_table, read_table
from engine.information.results import InformationError
from engine.information.table import decompose

XOR = "0,0,0\n0,1,1\n1,0,1\n1,1,0\n"
MASSES = "0,0,0,.25\n0,1,1,.25\n1,0,1,.25\n1,1,0,.25\n"


def synergy(text: str) -> float:
    return round(decompose(read_table(text).table).synergy, 4)


@pytest.mark.parametrize(
    "text",
    [
        XOR,
        "x1,x2,y\n" + XOR,
        "X1, X2, Y\n" + XOR,
        "a,b,label\n" + XOR,
        "\ufeffx1,x2,y\n" + XOR,
        '\ufeff"a","b","c"\n' + XOR,
        "# x_1,x_2,y\n" + XOR,
        "y,x1,x2\n" + XOR,
        "\n\nx1,x2,y\n\n" + XOR,
        "sep=,\na,b,c\n" + XOR,
        ",x1,x2,y\n0,0,0,0\n1,0,1,1\n2,1,0,1\n3,1,1,0\n",
        "index,a,b,c\n0,0,0,0\n1,0,1,1\n2,1,0,1\n3,1,1,0\n",
        "x1,x2,y,p\n" + MASSES,
        "a,b,c,probability\n" + MASSES,
        "0;0;0;0,25\n0;1;1;0,25\n1;0;1;0,25\n1;1;0;0,25\n",
        "0,0,0,\n0,1,1,\n1,0,1,\n1,1,0,\n",
        "0,0,0\n0.0,1,1\n1,0,1\n1.0,1,0\n",
        '"a,b","c",1\n"a,b",d,0\ne,"c",0\ne,d,1\n',
        '"a b" c d\n"a b" e f\nx c f\nx e d\n',
        "| x1 | x2 | y |\n|:---|---|--:|\n| 0 | 0 | 0 |\n| 0 | 1 | 1 |\n| 1 | 0 | 1 |\n| 1 | 1 | 0 |\n",
        "red,sq,yes\nred,ci,no\nblue,sq,no\nblue,ci,yes\n",
    ],
)
def test_xor_is_one_bit_however_it_is_written(text: str) -> None:
    assert synergy(text) == 1.0


@pytest.mark.parametrize("head", ["", "x1,x2,y\n", "a,b,c\n"])
@pytest.mark.parametrize("separator", [",", "\t", ";", "|", " ", "  "])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends(head: str, separator: str, end: str) -> None:
    assert synergy((head + XOR).replace(",", separator).replace("\n", end)) == 1.0


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "colour,shape,answer\nred,sq,yes\nred,ci,no\n",
            "line 1 (colour, shape, answer) may be names or a row",
        ),
        ("0,1,2\n" + XOR, "line 1 (0, 1, 2) may be names or a row"),
        ("2019,2020,y\n" + XOR, "line 1 (2019, 2020, y) may be names or a row"),
        ("a,b,c,label\n0,0,0,1\n0,1,1,1\n", "the fourth column is called 'label'"),
        ("x,y,p\n0,0,.5\n1,1,.5\n", "the third column is called 'p'"),
        ("x1,x2,y,z\n0,0,0,1\n", "the columns are called x1, x2, y, z"),
        ("x1,x2,y\n", "no row below the names"),
        ('"a,b,c\nd,e,f\n', "line 2: unexpected end of data"),
        ("0,,0\n0,1,1\n", "line 1: cell 2 is empty"),
        ("0,0,\0\n0,1,1\n", "no text in UTF-8"),
        ("hello\n", "line 1 has 1 cell; 4"),
        ("0,0," + "x" * 200_000 + "\n0,0,1\n", "line 1: field larger than field limit"),
        ("0,0,0\n" * 100_002, "more than 100,000 rows"),
    ],
)
def test_what_could_be_misread_is_refused_with_its_line(text: str, line: str) -> None:
    with pytest.raises(InformationError) as caught:
        read_table(text)
    assert line in str(caught.value)


def test_files_of_spreadsheets_are_read() -> None:
    for content in (XOR.encode(), XOR.encode("utf-8-sig"), XOR.encode("utf-16")):
        assert synergy(decode_table(content)) == 1.0
    for content in (b"PK\x03\x04\xff\xfe", b"\x00\x01", b"\xff\xfe\x00"):
        with pytest.raises(InformationError, match="no text in UTF-8"):
            read_table(decode_table(content))
