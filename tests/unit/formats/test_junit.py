from __future__ import annotations

import xml.etree.ElementTree as ET

from unit.formats.sample import EMPTY, FILES, GUARD, SHELL, hostile, review, shown


def test_the_whole_output() -> None:
    assert (
        shown("junit", review(SHELL))
        == """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="review-bot" tests="4" failures="1" errors="0" time="0.250">
  <testsuite name="review-bot" tests="4" failures="1" errors="0" skipped="2" time="0.250">
    <testcase name="py.command.shell-true" classname="a.py" file="a.py" line="2">
      <failure type="error" message="shell=True runs cmd through a shell">\
a.py:2:2: shell=True runs cmd through a shell
Whoever controls a part of the command controls the machine.</failure>
    </testcase>
    <testcase name="b.py" classname="b.py" file="b.py"/>
    <testcase name="logo.png" classname="logo.png">
      <skipped message="binary"/>
    </testcase>
    <testcase name="vendor/x.js" classname="vendor/x.js">
      <skipped message="excluded"/>
    </testcase>
    <system-out>1 error in 2 files (5 added lines, 118 rules); \
not looked at: logo.png (binary), vendor/x.js (excluded); model: off</system-out>
  </testsuite>
</testsuites>
"""
    )


def test_an_empty_review_has_one_passing_case() -> None:
    suite = ET.fromstring(shown("junit", EMPTY))[0]
    assert (suite.attrib["tests"], suite.attrib["failures"]) == ("1", "0")
    assert [case.attrib["name"] for case in suite.iter("testcase")] == ["no findings"]


def test_counts_are_those_of_the_cases() -> None:
    suite = ET.fromstring(shown("junit", review(SHELL, GUARD, hostile(), files=FILES[:1])))[0]
    assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))
    assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
