"""Tables of statements: each figure under its own column, with the lines that say what the columns are as header."""

from __future__ import annotations

from indexers.load import LoadLimits
from indexers.load.pdf import read_pdf
from tests.indexers.load.samples import pdf

Placed = list[tuple[float, float, float, str]]


def tables(*pages: Placed) -> list[tuple[str, str]]:
    """Header and rows of each table."""
    reading = read_pdf(pdf(pages), name="x.pdf", limits=LoadLimits())
    blocks = [block for block in reading.blocks if block.kind == "table"]
    texts = [(reading.text[block.start : block.end], block.header_chars) for block in blocks]
    return [(text[:header], text[header:].strip("\n")) for text, header in texts]


def row(y: float, label: str, *figures: str) -> Placed:
    """A label and right-aligned figures of columns that end at 350, 450, 550."""
    placed = [(50.0, y, 10.0, label)] if label else []
    widths = {",": 2.8, ".": 2.8, "(": 3.3, ")": 3.3, " ": 2.8}
    for end, figure in zip((350.0, 450.0, 550.0), figures, strict=False):
        if figure:
            placed.append((end - sum(widths.get(letter, 5.56) for letter in figure), y, 10.0, figure))
    return placed


def test_a_blank_cell_keeps_its_place() -> None:
    page = [*row(700, "", "2020", "2019", "2018"), *row(680, "Net sales", "11,303", "11,503", "11,290")]
    page += [*row(668, "Gain on sale", "", "498", ""), *row(656, "Loss", "", "", "(12)")]
    assert tables(page) == [
        ("| 2020 | 2019 | 2018", "Net sales | 11,303 | 11,503 | 11,290\nGain on sale |  | 498\nLoss |  |  | (12)")
    ]


def test_captions_above_the_columns_are_header() -> None:
    page: Placed = [(50, 760, 16, "*Statement of income"), (50, 735, 10, "(in thousands, except per share data)")]
    page += [(390, 720, 10, "Year ended December 31,"), *row(706, "", "2020", "2019", "2018")]
    page += [
        *row(690, "Revenue:"),
        *row(678, "Products", "1,303", "1,503", "1,290"),
        *row(666, "Services", "3", "5", "9"),
    ]
    assert tables(page) == [
        (
            "(in thousands, except per share data)\n | Year ended December 31,\n | 2020 | 2019 | 2018",
            "Revenue:\nProducts | 1,303 | 1,503 | 1,290\nServices | 3 | 5 | 9",
        )
    ]


def test_header_cells_that_wrap_are_put_together_in_their_columns() -> None:
    page: Placed = [
        (300, 730, 10, "52 Weeks"),
        (400, 730, 10, "52 Weeks"),
        (300, 718, 10, "Ended"),
        (400, 718, 10, "Ended"),
    ]
    page += [(300, 706, 10, "August 29,"), (320, 694, 10, "2021"), (400, 706, 10, "August 30,"), (420, 694, 10, "2020")]
    page += [*row(680, "Net sales", "192,052", "163,220"), *row(668, "Membership fees", "3,877", "3,541")]
    assert tables(page)[0][0] == "| 52 Weeks Ended August 29, 2021 | 52 Weeks Ended August 30, 2020"


def test_what_spans_columns_stands_at_the_first_of_them() -> None:
    page: Placed = [(320, 720, 10, "Three months ended"), *row(706, "(in millions)", "2022", "2021", "Change")]
    page += [*row(690, "Net sales", "3,642", "3,507", "4%"), *row(678, "Costs", "(2,980)", "(2,862)", "4%")]
    assert tables(page)[0][0] == "| Three months ended\n(in millions) | 2022 | 2021 | Change"


def test_a_label_on_two_lines_stands_on_one_with_its_figures() -> None:
    page = [*row(720, "", "2020", "2019"), *row(706, "Net earnings, including those of redeemable")]
    page += [
        *row(694, "interests", "1,786.2", "2,163.0"),
        *row(682, "Common stock; 900,000 shares authorised; 441,825 and"),
    ]
    page += [*row(670, "441,255 shares issued and outstanding", "4", "4")]
    assert tables(page)[0][1].split("\n") == [
        "Net earnings, including those of redeemable interests | 1,786.2 | 2,163.0",
        "Common stock; 900,000 shares authorised; 441,825 and 441,255 shares issued and outstanding | 4 | 4",
    ]


def test_labels_of_sections_do_not_part_a_table_whose_figures_stand_in_columns() -> None:
    page = [*row(720, "", "2020", "2019"), *row(706, "Total liabilities", "13,064", "13,285")]
    for line, label in enumerate(("Commitments", "Equity", "Shareholders' equity:", "Ordinary shares", "Authorised")):
        page += row(692 - 12 * line, label)
    page += [*row(632, "Issued", "15", "16"), *row(620, "Total equity", "4,411", "4,141")]
    ((header, body),) = tables(page)
    assert header == "| 2020 | 2019"
    assert body.split("\n")[-1] == "Total equity | 4,411 | 4,141"


def test_years_after_rows_of_data_open_another_table() -> None:
    page = [*row(720, "", "2020", "2019"), *row(706, "Revenue", "10", "20"), *row(694, "Profit", "1", "2")]
    page += [
        *row(680, "Balance sheet:"),
        *row(668, "", "2018", "2017"),
        *row(656, "Assets", "5", "6"),
        *row(644, "Debt", "7", "8"),
    ]
    assert [header for header, _ in tables(page)] == ["| 2020 | 2019", "| 2018 | 2017"]


def test_prose_above_a_table_is_no_header() -> None:
    page: Placed = [(50, 740, 10, "We sell to many customers, and none of them buys more than a tenth of it all.")]
    page += [(50, 728, 10, "The following shows it."), *row(706, "", "2020", "2019"), *row(690, "Revenue", "10", "20")]
    page += row(678, "Profit", "1", "2")
    assert tables(page) == [("| 2020 | 2019", "Revenue | 10 | 20\nProfit | 1 | 2")]


def test_rows_that_are_numbered_keep_their_numbers_as_labels() -> None:
    page: Placed = [(50, 720, 10, "No."), (100, 720, 10, "Service"), (400, 720, 10, "Target")]
    for number, (service, target) in enumerate((("Containers in time", "98.5 %"), ("Harbour open", "99.5 %")), start=1):
        y = 720.0 - 14 * number
        page += [(50, y, 10, str(number)), (100, y, 10, service), (400, y, 10, target)]
    assert tables(page) == [("No. | Service | Target", "1 | Containers in time | 98.5 %\n2 | Harbour open | 99.5 %")]
