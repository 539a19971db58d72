"""Test the rules for brands' names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_apps.tenants import rules

SLUGS = st.from_regex(r"[a-z][a-z0-9]{0,10}(-[a-z0-9]{1,6}){0,2}[a-z0-9]", fullmatch=True)


@pytest.mark.parametrize("slug", ["abc", "qimu", "a-b", "brand-2026", "x" * 32, "a1b"])
def test_usual_names_are_well_formed(slug: str) -> None:
    assert rules.is_well_formed(slug)


MALFORMED = [
    "",
    "ab",
    "x" * 33,
    "1abc",
    "-abc",
    "abc-",
    "a--b",
    "xn--fiqs8s",
    "Abc",
    "a_b",
    "a.b",
    "a b",
    "品牌",
    "ab\n",
    "abc\x00",
]


@pytest.mark.parametrize("slug", MALFORMED)
def test_other_names_are_not(slug: str) -> None:
    assert not rules.is_well_formed(slug)


@pytest.mark.parametrize("slug", ["www", "admin", "api", "console", "demo", "banyan", "rongyi"])
def test_names_of_the_platform_are_reserved(slug: str) -> None:
    assert rules.is_reserved(slug)


@pytest.mark.parametrize(
    "slug", ["adm1n", "adrnin", "c0nsole", "a-p-i", "bi11ing", "supp0rt", "vvebmail", "1ogin", "clemo"]
)
def test_what_looks_like_a_reserved_name_is_reserved(slug: str) -> None:
    assert rules.is_reserved(slug)


LOOK_ALIKES = [
    ("qimu", "q1mu"),
    ("modern", "modem"),
    ("google", "goog1e"),
    ("vivian", "vlvlan"),
    ("cloud", "doud"),
    ("a-bc", "abc"),
    ("ok88", "okbb"),
    ("wow", "vvovv"),
    ("zero", "zer0"),
    ("s2s", "5z5"),
]


@pytest.mark.parametrize(("one", "other"), LOOK_ALIKES)
def test_look_alikes_share_a_skeleton(one: str, other: str) -> None:
    assert rules.skeleton_of(one) == rules.skeleton_of(other)


@pytest.mark.parametrize(("one", "other"), [("qimu", "qimo"), ("lin", "lan"), ("anna", "ana"), ("tea", "sea")])
def test_different_names_keep_different_skeletons(one: str, other: str) -> None:
    assert rules.skeleton_of(one) != rules.skeleton_of(other)


@given(SLUGS)
def test_a_skeleton_is_stable_and_fits_its_column(slug: str) -> None:
    skeleton = rules.skeleton_of(slug)
    assert rules.skeleton_of(skeleton) == skeleton
    assert 1 <= len(skeleton) <= 40


@given(SLUGS, SLUGS)
def test_two_subdomains_never_share_a_schema(one: str, other: str) -> None:
    assert (rules.schema_name_of(one) == rules.schema_name_of(other)) == (one == other)


@pytest.mark.parametrize(
    ("public_url", "home"),
    [
        ("http://localhost:8000/", "http://qimu.localhost:8000"),
        ("https://banyan.example/", "https://qimu.localhost"),
        ("http://127.0.0.1:9/", "http://qimu.localhost:9"),
    ],
)
def test_a_brands_address_keeps_scheme_and_port(public_url: str, home: str) -> None:
    assert rules.brand_url("qimu", base_domain="localhost", public_url=public_url) == home
