"""Rows from a file (csv-*): all of them or none, with the line of each that is wrong."""

from __future__ import annotations

import csv
import io
import json
import shlex
import unicodedata

import pytest

from tests.shell import PLAN

HEAD = "phase,agency,by,title"


@pytest.fixture
def rows(planning, tmp_path):
    """Submit a plan with the rows of a file of these bytes. Returns exit code and stderr."""

    def submit(content: bytes | str, name: str = "rows.csv") -> tuple[int, str]:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        before = planning.written()
        code, _out, err = planning.run(f"{PLAN} --rows measures={name}")
        assert (planning.written() == before) == (code != 0)
        return code, err

    return submit


def test_rows_of_a_file_are_the_rows_of_the_table(rows, planning):
    assert rows(f'{HEAD}\nbefore,ubnd,29/4,Gặp gỡ các hộ dân\nsau,Sở Xây dựng,2022-05-06,"a, b"\n')[0] == 0
    assert planning.json("show 1")["fields"]["measures"] == [
        {"phase": "before", "agency": "ubnd", "by": "2022-04-29", "title": "Gặp gỡ các hộ dân"},
        {"phase": "after", "agency": "so_xd", "by": "2022-05-06", "title": "a, b"},
    ]


GOOD = "before,ubnd,29/4,a"
BAD_CSV = {
    "csv-02 short row": (f"{HEAD}\n{GOOD}\nbefore,ubnd,29/4\n", ["line 3: 3 cells where the first line names 4"]),
    "csv-02 long row": (f"{HEAD}\n{GOOD},b\n", ["line 2: 5 cells where the first line names 4"]),
    "csv-04 semicolons": (f"{HEAD}\n{GOOD}\n".replace(",", ";"), ["divided by commas", "save it as CSV UTF-8"]),
    "csv-04 tabs": (f"{HEAD}\n{GOOD}\n".replace(",", "\t"), ["divided by commas", "save it as CSV UTF-8"]),
    "csv-04 cp1258": (f"{HEAD}\nbefore,ubnd,29/4,Đất\n".encode("cp1258", "replace"), ["UTF-8"]),
    "csv-04 TCVN3": (f"{HEAD}\nbefore,ubnd,29/4,".encode() + b"\xa7\xcat \xae\xb5i\n", ["UTF-8"]),
    "csv-04 UTF-16": (f"{HEAD}\n{GOOD}\n".encode("utf-16"), ["UTF-8"]),
    "csv-04 UTF-16 without its mark": (f"{HEAD}\n{GOOD}\n".encode("utf-16-le"), ["UTF-8"]),
    "csv-05": (f"{HEAD}\nbefore,ubnd,29/4,{'x' * 131_073}\n", ["rows.csv, line 2: field larger than field limit"]),
    "csv-05 in the head": ("x" * 131_073 + "\n", ["rows.csv, line 1: field larger than field limit"]),
    "csv-06": (f"{HEAD}\nbefore,ubnd,29/4,a\0b\n", ["NUL"]),
    "csv-07 twice": (f"{HEAD},title\n{GOOD},b\n", ["a column stands twice: title"]),
    "csv-07 twice in two languages": ("phase,agency,by,title,biện pháp\n", ["a column stands twice: title"]),
    "csv-07 missing": ("phase,agency,title\nbefore,ubnd,a\n", ["columns are missing: by"]),
    "csv-07 unknown": (f"{HEAD},cost\n{GOOD},1\n", ["there is no column cost"]),
    "csv-07 unnamed": (f"{HEAD},\n{GOOD},1\n", ["rows.csv", "is empty"]),
    "csv-07 nothing": ("", ["columns are missing: phase, agency, by, title"]),
    "an open quote": (f'{HEAD}\nbefore,ubnd,29/4,"a\n', ["rows.csv, line 2: unexpected end of data"]),
    "a quote inside": (f'{HEAD}\nbefore,ubnd,29/4,"a"b\n', ["rows.csv, line 2: "]),
    "hidden characters": (f"{HEAD}\nbefore,ubnd,29/4,a\x1b[31m\n", ["line 2: title has a hidden or control character"]),
    "more than a million bytes": (f"{HEAD}\n{GOOD}\n" + "\n" * 1_000_000, ["larger than 1000000 bytes"]),
}  # fmt: skip


@pytest.mark.parametrize(("content", "said"), BAD_CSV.values(), ids=BAD_CSV)
def test_a_file_of_rows_that_is_wrong_is_refused_whole(rows, content, said):
    code, err = rows(content)
    assert code == 2, err
    assert all(words in err for words in said), err


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(f"\ufeff{HEAD}\n{GOOD}\n", id="csv-03"),
        pytest.param(f"\ufeff{HEAD}\r\n{GOOD}\r\n", id="csv-03 of Excel"),
        pytest.param(f'"phase","agency","by","title"\n{GOOD}', id="quoted, no last line end"),
        pytest.param(f"Giai đoạn,Cơ quan,Thời hạn,Biện pháp\n{GOOD}\n", id="headed in Vietnamese"),
        pytest.param(unicodedata.normalize("NFD", f"Giai đoạn,Cơ quan,Thời hạn,Biện pháp\n{GOOD}\n"), id="text-01"),
        pytest.param("title,by,agency,phase\na,29/4,ubnd,before\n\n\n", id="another order, empty lines"),
    ],
)  # fmt: skip
def test_a_file_of_rows_as_spreadsheets_write_it_is_taken(rows, planning, content):
    assert rows(content) == (0, "")
    assert planning.json("show 1")["fields"]["measures"] == [
        {"phase": "before", "agency": "ubnd", "by": "2022-04-29", "title": "a"}
    ]


def test_csv_10_one_bad_row_of_ten_thousand_stops_them_all(rows):
    lines = [HEAD, *(["before,ubnd,29/4,a"] * 9_998), "before,nobody,29/4,a", "before,ubnd,29/4,a"]
    code, err = rows("\n".join(lines))
    assert code == 2
    assert err.splitlines() == [
        "phoihop: 1 problem in rows.csv",
        "rows.csv, line 10000: there is no agency nobody",
    ]


def test_csv_10_at_most_fifty_errors_are_listed_each_with_its_line(rows, planning):
    content = "\n".join([HEAD, *(f"before,ubnd,{n}/13,a" for n in range(1, 31)), *(["x"] * 40)])
    code, err = rows(content)
    first, *more = err.splitlines()
    assert code == 2
    assert first == "phoihop: 70 problems in rows.csv"
    assert len(more) == 50
    assert more[0] == "rows.csv, line 2: by: 1/13 is no date"
    assert more[49] == "rows.csv, line 51: 1 cells where the first line names 4 columns"
    error = json.loads(planning.fails(2, f"{PLAN} --rows measures=rows.csv --format json"))["error"]
    assert error["message"] == "70 problems in rows.csv"
    assert len(error["reasons"]) == 50
    assert error["reasons"][0] == {"code": "usage", "text": "rows.csv, line 2: by: 1/13 is no date"}


@pytest.mark.parametrize("given", ["measures", "=rows.csv", "nonsense=rows.csv", "measures=nowhere.csv", "measures=.",
                                   "measures=", "area=rows.csv"])  # fmt: skip
def test_rows_name_a_table_and_a_file_that_is_there(planning, tmp_path, given):
    (tmp_path / "rows.csv").write_text(f"{HEAD}\n{GOOD}\n")
    code, _out, err = planning.run(f"{PLAN} --rows {given}")
    assert code in (2, 6)
    assert "internal" not in err


@pytest.mark.parametrize(
    "title", ["=HYPERLINK(1)", "+1", "-1", "@x", "＝1", "＋1", "－1", "＠x", "=1+1", "-2+3", "'=1"]
)  # fmt: skip
def test_csv_12_a_cell_that_a_spreadsheet_would_run_is_disarmed(shell, title):
    shell(f"open matter --as btg --area land --document 1:1/4 --title={shlex.quote(title)}")
    for typed in ("find vv-2022-0002", "board", "inbox --as btg", "show 2"):
        rows = list(csv.reader(io.StringIO(shell(f"{typed} --format csv"))))
        cells = [cell for row in rows for cell in row]
        assert not [cell for cell in cells if cell.startswith(tuple("=+-@＝＋－＠"))]
        assert (("'" + title if title[0] != "'" else title) in cells) == (typed != "board")
    assert shell.json("show 2")["title"] == title
