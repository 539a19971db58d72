"""`platform/` shadows the standard library's module the moment it becomes a package; ruff's A005 does not see that."""

import platform
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLOSED = {"platform", "shared_apps", "tenant_apps", "infra", "tests", ".ci"}


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)  # noqa: S607
    return [name for name in listed.stdout.split("\0") if name]


def test_platform_is_the_standard_librarys_module() -> None:
    assert Path(platform.__file__ or "") == Path(sysconfig.get_paths()["stdlib"]) / "platform.py"


def test_platform_folder_holds_packages_only() -> None:
    assert list((ROOT / "platform").glob("*.py")) == []


def test_the_standard_library_wins_with_the_root_first_on_the_path() -> None:
    program = "import platform; print(platform.python_implementation())"
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True, text=True)  # noqa: S603
    assert answer.stdout.strip() == platform.python_implementation()


def test_the_top_level_is_closed() -> None:
    folders = {name.split("/")[0] for name in tracked() if "/" in name}
    assert folders <= CLOSED


def test_no_package_marker_stands_below_tests() -> None:
    assert [name for name in tracked() if name.startswith("tests/") and name.endswith("__init__.py")] == []
