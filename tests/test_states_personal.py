"""What looks like a person's number in a text, and the many long numbers of an office that do not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from states.personal import _PROVINCES, likenesses
from tests.support import ROOT

PERSONAL = [
    ("citizen", "Công dân số CCCD 001085012345 đề nghị gặp lãnh đạo"),
    ("citizen", "CCCD: 004 185 012 345"),
    ("citizen", "căn cước 004.185.012.345, thường trú tại xã"),
    ("citizen", "theo số định danh 004-201-012-345"),
    ("citizen", "004085012345"),
    ("citizen", "CCCD004085012345"),
    ("citizen", "0040 8501 2345 là số ghi trong đơn"),
    ("citizen", "(004085012345)"),
    ("citizen", "đơn của người mang số 004085 012345."),
    ("citizen", "hai người: 004085012345, 004185012346"),
    ("citizen", "năm 2022 004085012345 nộp đơn"),
    ("citizen", "mã số thuế cá nhân nay là 004085012345"),
    ("citizen", "số 004\u00a0085\u00a0012\u00a0345"),
    ("citizen", "số ００４０８５０１２３４５"),
    ("citizen", "004306012345 (sinh năm 2006)"),
    ("old_citizen", "CMND 080123456"),
    ("old_citizen", "số CMND: 080 123 456 do Công an tỉnh cấp"),
    ("old_citizen", "chứng minh nhân dân số 280123456"),
    ("old_citizen", "ông Nguyễn Văn A (080123456)"),
    ("old_citizen", "bà Nông Thị B, 081234567, xã Đức Long"),
    ("passport", "hộ chiếu C1234567"),
    ("passport", "hộ chiếu số: b 1234567"),
    ("passport", "người mang C1234567 đã xuất cảnh"),
    ("passport", "Passport No. P01234567"),
    ("phone", "gọi 0912345678 gặp anh Nam"),
    ("phone", "0912 345 678"),
    ("phone", "ĐT: 0912.345.678"),
    ("phone", "SĐT 091-234-5678"),
    ("phone", "đt0387654321"),
    ("phone", "liên hệ +84 912 345 678"),
    ("phone", "liên hệ (+84) 912 345 678"),
    ("phone", "+84912345678"),
    ("phone", "84912345678"),
    ("phone", "số máy 84 912 345 678"),
    ("phone", "0084912345678"),
    ("phone", "điện thoại cố định 0206 3852 123"),
    ("phone", "(0206) 3852123"),
    ("phone", "02063.852.123"),
    ("phone", "024 3825 1234 là số của bà chủ hộ"),
    ("phone", "0912345678/0987654321"),
    ("phone", "gọi 0912345678, đồng chí trực ban nghe"),
    ("phone", "báo 0912345678 đồng thời gửi công văn"),
    ("phone", "Zalo 0702345678."),
    ("phone", "trao đổi với chủ hộ qua số 0812345678 lúc 16h50"),
    ("phone", "0562 34 56 78"),
    ("phone", "0912345678-Nam"),
    ("phone", "0912345678/Nam, chủ hộ"),
    ("phone", "Nam0912345678"),
    ("phone", "Nam-0912345678"),
    ("phone", "gặp Nam.0912345678nhé"),
    ("phone", "+84(0)912345678"),
    ("phone", "(0912) 345 678"),
    ("phone", "0912.34.5678"),
    ("phone", "so_dt_0912345678.docx"),
    ("citizen", "Don_004085012345.pdf"),
    ("citizen", "004085012345_don.pdf"),
    ("citizen", "004 0850 12345"),
    ("citizen", "004_085_012_345"),
    ("citizen", "CCCD số 004085012345do Cục cấp"),
]
OFFICE = [
    "Thông báo số 402/TB-TU ngày 18/4/2022 của Tỉnh uỷ",
    "Căn cứ Quyết định 238-QĐ/TW ngày 30/9/2020 và Công văn 175-CV/TU ngày 11/5/2021",
    "Kinh phí 1.250.000.000 đồng",
    "tổng mức đầu tư 9.080.123.456.789 đồng",
    "1 001 085 012 345 đồng",
    "912345678 đồng",
    "84.912.345.678 đồng bồi thường",
    "84912345678đ",
    "84 912 345 678 VNĐ",
    "001.085.012.345 VNĐ",
    "chi 345.678.901 đ cho 12 hộ",
    "giá trị 080123456 đồng",
    "912.345 triệu đồng, tương đương 912,345 tỷ",
    "120 tỷ đồng và 084912345678 đồng",
    "thửa 123, tờ bản đồ 45, diện tích 1.234,5 m2",
    "thửa đất số 0912345678",
    "tờ bản đồ số 004085012345",
    "diện tích 0912345678 m2",
    "diện tích 912.345.678 m²",
    "Số đến: 0912345678",
    "số đến 1234567890",
    "thụ lý số 123/2022/TLST-HS ngày 05/05/2022",
    "Bản án số 45/2022/HS-ST",
    "vụ án số 0912345678",
    "hồ sơ 000.00.15.H14-230405-0012",
    "mã hồ sơ H14.15-220405-0012",
    "mã số thuế 0301234567",
    "MST: 0312345678-001",
    "mã số doanh nghiệp 0512345678",
    "hoá đơn số 0912345678",
    "tài khoản 0912345678 tại Kho bạc Nhà nước",
    "0912345678/BC-UBND",
    "công văn 0912345678/UBND-NC",
    "báo cáo số 080123456",
    "01/02/1985",
    "từ 08/04/2022 đến 09/12/2022",
    "08.04.2022 16:50",
    "01.01.2022 16.50",
    "ngày 2022-04-18, 16:50:00",
    "2022-04-29T16:50:00+07:00",
    "giai đoạn 2021-2025, tầm nhìn 2030-2045",
    "Km 12+345 đến Km 34+567",
    "cao tốc Đồng Đăng - Trà Lĩnh dài 93,35 km",
    "toạ độ 22.665432, 106.257890",
    "QL3, ĐT205, ĐH12",
    "VV-2022-0001",
    "lô C1-2, khu B12",
    "biển số 11A-012.34",
    "Nghị định 61/2018/NĐ-CP, khoản 2 Điều 12",
    "họp lúc 07:30 ngày 05/05, phòng 305",
    "bí mật kinh doanh, mật ong rừng, mật độ dân số 80 người/km2",
    "1.234 hộ, 5.678 khẩu",
    "123456789",
    "số lượng 280123456",
    "280.123.456 lượt xem",
    "dân số 539.512 người",
    "12 345 678 901 đồng",
    "500.000.000 - 900.000.000 đồng",
    "09 11 2022 15 giờ",
    "gói thầu số 0912345678",
    "1/500, 1/2.000, 1:10000",
    "mã dự án 0912345678",
    "HS-0912345678",
    "AB0912345678",
    "0912345678A",
    "0912345678-CV/TU",
    "QH/0912345678",
    "Bao_cao_2022_04_18_16_50_00.pdf",
    "IMG_20220418_165000.jpg",
    "20220418165000.pdf",
    "scan 0001 0002 0003.pdf",
    "Scan_01012022_1650.pdf",
    "phong trào thi đua 2020-2022: 012 tập thể, 345 cá nhân, 678 hộ",
    "Điều 12, 13, 14, 15, 16; khoản 1, 2, 3",
    "100.000 m3 đất đá, 20.000 tấn",
    "0,912345678 ha",
    "0.912345678",
]


@pytest.mark.parametrize(("looks_like", "text"), PERSONAL, ids=[text[:40] for _, text in PERSONAL])
def test_a_number_of_a_person_is_seen_and_never_repeated(looks_like, text):
    found = likenesses(text)
    assert looks_like in {likeness.kind for likeness in found}
    for likeness in found:
        assert len(re.sub(r"\D", "", likeness.shown)) <= 5
        assert likeness.shown not in text


@pytest.mark.parametrize("text", OFFICE, ids=[text[:40] for text in OFFICE])
def test_the_long_numbers_of_an_office_are_left_alone(text):
    assert likenesses(text) == ()


def test_the_texts_of_the_project_name_no_person():
    for path in [*ROOT.glob("*.yaml"), *ROOT.glob("calendars/*"), *ROOT.glob("locale/vi/**/*.po")]:
        for line in path.read_text("utf-8").splitlines():
            assert likenesses(line) == (), line


# ---- properties -----------------------------------------------------------------------------------

WORDS = st.sampled_from(["", "Đơn của hộ dân ", "theo ", "Ngày 5/5/2022, ", "CCCD ", "số: ", "(", "ông Nguyễn Văn A, "])
ENDS = st.sampled_from(["", ".", ", xã Đức Long", " đề nghị", ")", "; cấp ngày 1/2/2021", " năm 2022"])
ASKED = st.tuples(st.integers(0, 3), st.integers(0, 99)).filter(lambda pair: pair[0] < 2 or pair[1] < 50)
PREFIX = st.sampled_from(["0", "+84", "+84 "])
SEPARATOR = st.sampled_from(["", " ", ".", "-"])


@given(st.sampled_from(sorted(_PROVINCES)), ASKED, st.integers(0, 999_999), SEPARATOR, WORDS, ENDS)
def test_every_citizen_number_is_seen(province, person, serial, separator, before, behind):
    sex, year = person
    digits = f"{province}{sex}{year:02d}{serial:06d}"
    number = separator.join(digits[n : n + 3] for n in range(0, 12, 3))
    assert [one.kind for one in likenesses(before + number + behind)] == ["citizen"]


@given(st.sampled_from("35789"), st.integers(0, 10**8 - 1), PREFIX, SEPARATOR, WORDS, ENDS)
def test_every_mobile_number_is_seen(first, rest, prefix, separator, before, behind):
    digits = f"{first}{rest:08d}"
    number = prefix + separator.join((digits[:3], digits[3:6], digits[6:]))
    assert [one.kind for one in likenesses(before + number + behind)] == ["phone"]


UNITS = st.sampled_from([" đồng", "đ", " đ", " VNĐ", "đồng", " triệu đồng", " tỷ đồng", " vnd", " nghìn đồng"])
LEADS = st.sampled_from(["", "Kinh phí ", "bồi thường: ", "số tiền ", "(", "CMND ", "thu ", "năm 2022 "])


@given(st.integers(0, 10**15), st.sampled_from(["", ".", " ", ","]), LEADS, UNITS, ENDS)
def test_no_amount_of_money_is_ever_a_person(amount, separator, before, unit, behind):
    number = f"{amount:,}".replace(",", separator)
    assert likenesses(before + number + unit + behind) == ()


@given(st.integers(0, 10**15), st.sampled_from([".", ","]), LEADS.filter(lambda lead: "CMND" not in lead))
def test_thousands_with_dots_are_no_person_without_a_unit_either(amount, separator, before):
    assert likenesses(before + f"{amount:,}".replace(",", separator)) == ()


@given(
    st.integers(1, 999),
    st.sampled_from(sorted(_PROVINCES)),
    st.integers(0, 10**8 - 1),
    st.sampled_from([".", " ", ","]),
)
def test_the_tail_of_an_amount_is_no_person(first, province, rest, separator):
    """84.004.085.012.345: of a longer number no part is looked at alone."""
    digits = f"{province}0{rest:08d}"
    groups = [str(first), *(digits[n : n + 3] for n in range(0, 12, 3))]
    assert likenesses(f"tổng số {separator.join(groups)} theo dự toán") == ()


@given(st.text(alphabet=st.sampled_from("0123456789 .-/()+đaC,"), max_size=60))
def test_nothing_typed_breaks_the_guard_or_is_repeated_whole(text):
    for likeness in likenesses(text):
        assert likeness.shown not in text


LINKS = st.sampled_from(["số", "no", "no.", "là", "is", "number", ":", "-", "(", "của ông", "của bà", " ", "  "])


@given(st.lists(LINKS, max_size=8).filter(lambda links: len(" ".join(links)) <= 50))  # of sixty characters before it
def test_what_leads_from_a_name_to_its_number_may_be_long(links):
    """Mutant: what leads there is at most one word."""
    leading = " ".join(links)
    assert [one.kind for one in likenesses(f"CMND {leading} 280123456")] == ["old_citizen"]
    assert likenesses(f"CMND {leading} a 280123456") == ()


def test_a_long_row_of_dashes_is_read_once():
    """Read in every way in which it can be divided, it would take longer than anybody lives."""
    for name in ("đt", "CMND", "hộ chiếu", "thửa đất", "mã số thuế", "ông A"):
        for link in (" -", "- ", " ", " số", "số ", ": (", " là  "):
            for number in ("0912345678", "080123456", "C1234567"):
                leading = link * ((56 - len(name)) // len(link))  # as much as is looked at before a number
                assert likenesses(f"{name}{leading} a {number}") == likenesses(f"a {number}")


NAMING = ("đt", "CMND", "hộ chiếu", "thửa", "mã số thuế", "ông", "số", "là", "của bà", "0912345678", "280123456")


@given(st.lists(st.sampled_from([*NAMING, "C1234567", " ", "-", ":", "(", ".", "a"]), max_size=60).map("".join))
def test_words_that_name_numbers_in_any_order_break_nothing(text):
    for likeness in likenesses(text):
        assert likeness.shown not in text
