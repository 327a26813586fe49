# SPDX-License-Identifier: MIT
from pathlib import Path

import pytest

from kmodlab.build.modinfo import modinfo
from kmodlab.errors import LabError

MODULE = Path(__file__).parent / "data/faulty/faulty.ko"


def test_fields_are_those_that_the_module_states() -> None:
    fields = modinfo(MODULE)
    assert fields["license"] == ("GPL",)
    assert fields["description"] == ("Places for the decoder to find",)
    assert fields["vermagic"][0].startswith("6.1.0-56-cloud-amd64 SMP")


def test_a_field_that_is_stated_twice_has_two_values() -> None:
    assert sorted(modinfo(MODULE)["author"]) == ["One", "Two"]


def test_a_file_that_is_no_module_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"missing\.ko"):
        modinfo(tmp_path / "missing.ko")
    (tmp_path / "text.ko").write_text("no ELF")
    with pytest.raises(LabError, match=r"text\.ko"):
        modinfo(tmp_path / "text.ko")
