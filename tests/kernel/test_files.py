"""A brand's files are in its own folder, and no name leads out of it."""

from pathlib import Path

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from pytest_django import Settings

from kernel.files import storage as files
from kernel.tenancy.context import enter_brand
from shared_apps.tenants.models import Brand

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def test_a_stored_file_lies_in_the_brand_s_folder_under_a_random_name(brand: Brand, tmp_path: Path) -> None:
    first = files.store(ContentFile(b"a,b", name="C:\\订单.csv"), folder="imports", suffix=".csv")
    second = files.store(ContentFile(b"c,d"), folder="imports", suffix=".csv")
    assert first != second
    assert first.startswith(f"{brand.schema_name}/imports/")
    assert first.endswith(".csv")
    with files.open_file(first) as stored:
        assert stored.read() == b"a,b"
    assert (tmp_path / first).read_bytes() == b"a,b"
    files.delete_file(first)
    files.delete_file(first)
    assert not default_storage.exists(first)


def test_another_brand_cannot_open_it(brand: Brand, other_brand: Brand) -> None:
    name = files.store(ContentFile(b"secret"), folder="imports", suffix=".csv")
    enter_brand(other_brand)
    for use in (files.open_file, files.path_of, files.delete_file, default_storage.exists, default_storage.size):
        with pytest.raises(files.ForeignFile):
            use(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc/passwd",
        "{schema}",
        "{schema}/../t_other/x.csv",
        "{schema}/a/../../t_other/x.csv",
        "{schema}/./x.csv",
        "{schema}//x.csv",
        "{schema}/x\x00.csv",
        "{schema}\\x.csv",
        "../{schema}/x.csv",
        "t_other/x.csv",
        "x.csv",
        "{schema}/" + "x" * 500,
    ],
)
def test_names_that_lead_elsewhere_are_refused(brand: Brand, name: str) -> None:
    wanted = name.replace("{schema}", brand.schema_name)
    with pytest.raises(files.ForeignFile):
        files.open_file(wanted)
    with pytest.raises(files.ForeignFile):
        default_storage.path(wanted)
    if "\\" not in wanted:  # Django makes these slashes before it asks us
        with pytest.raises(SuspiciousFileOperation):
            default_storage.save(wanted, ContentFile(b"x"))


def test_a_link_out_of_the_folder_is_not_followed(brand: Brand, tmp_path: Path) -> None:
    (tmp_path / "t_other").mkdir()
    (tmp_path / "t_other" / "secret.csv").write_bytes(b"secret")
    (tmp_path / brand.schema_name).mkdir()
    (tmp_path / brand.schema_name / "link.csv").symlink_to(tmp_path / "t_other" / "secret.csv")
    with pytest.raises(files.ForeignFile):
        files.open_file(f"{brand.schema_name}/link.csv")


@pytest.mark.parametrize(("folder", "suffix"), [("../x", ".csv"), ("Imports", ".csv"), ("x", "csv"), ("x", ".c/v")])
def test_folders_and_suffixes_are_ours(folder: str, suffix: str) -> None:
    with pytest.raises(files.ForeignFile):
        files.store(ContentFile(b"x"), folder=folder, suffix=suffix)


def test_files_are_never_overwritten(brand: Brand) -> None:
    name = files.store(ContentFile(b"first"), folder="imports", suffix=".csv")
    with pytest.raises(files.ForeignFile):
        default_storage.save(name, ContentFile(b"second"))
    with files.open_file(name) as stored:
        assert stored.read() == b"first"
    with pytest.raises(NotImplementedError):
        default_storage.url(name)
