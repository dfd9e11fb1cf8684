from __future__ import annotations

import xml.etree.ElementTree as ET

from unit.formats.sample import CLEAN, GUARD, MODEL, SHELL, hostile, review, shown


def test_the_whole_output() -> None:
    assert (
        shown("checkstyle", review(MODEL, SHELL, GUARD))
        == """\
<?xml version="1.0" encoding="UTF-8"?>
<checkstyle version="4.3">
  <file name="a.py">
    <error severity="warning" message="removed line 2: a guard is gone" source="diff.guard-removed"/>
    <error line="2" column="2" severity="error" message="shell=True runs cmd through a shell" \
source="py.command.shell-true"/>
  </file>
  <file name="b.py">
    <error line="1" column="1" severity="info" message="never true" source="model.correctness"/>
  </file>
</checkstyle>
"""
    )


def test_no_findings_are_no_files() -> None:
    assert len(ET.fromstring(shown("checkstyle", CLEAN))) == 0


def test_text_is_kept_as_far_as_xml_allows() -> None:
    error = ET.fromstring(shown("checkstyle", review(hostile(message='<a b="c">&\'\x00]]>\n')))).find("file/error")
    assert error is not None
    assert error.attrib["message"] == '<a b="c">&\'\\x00]]>'
