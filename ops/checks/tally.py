#!/usr/bin/env python3
"""Counts what CTest and GoogleTest recorded in the result folders of ops/test.

A folder holds ctest.xml (JUnit, by CTest) and gtest/NAME.xml for every CTest test that is a
GoogleTest program. Where the second exists its cases are counted, otherwise the CTest test counts
as one. A program that CTest saw fail counts as at least one failure, whatever its own report says:
a crash or a leak found at exit leaves no failed case behind. The last line is the plain
`N passed, N failed`; the exit code is 0 only if something passed and nothing failed.
"""

import pathlib
import sys
import xml.etree.ElementTree as xml


def count_program(case, report):
    """(passed, failed names, skipped names) of one CTest test."""
    name = case.get("name")
    failed_in_ctest = case.get("status") not in ("run", "disabled") and case.find("skipped") is None
    if not report.exists():
        if failed_in_ctest:
            return 0, [name], []
        return (0, [], [name]) if case.find("skipped") is not None else (1, [], [])
    passed, failed, skipped = 0, [], []
    for test in xml.parse(report).iter("testcase"):
        label = f'{test.get("classname")}.{test.get("name")}'
        if test.find("failure") is not None:
            failed.append(label)
        elif test.get("status") == "notrun" or test.get("result") == "skipped":
            skipped.append(label)
        else:
            passed += 1
    if failed_in_ctest and not failed:
        failed.append(f"{name} (ended badly after its cases)")
    return passed, failed, skipped


def main(folders):
    passed, failed, skipped = 0, [], []
    for folder in map(pathlib.Path, folders):
        record = folder / "ctest.xml"
        if not record.exists():
            failed.append(f"{folder}: nothing was run")
            continue
        for case in xml.parse(record).iter("testcase"):
            report = folder / "gtest" / (case.get("name") + ".xml")
            more, bad, left = count_program(case, report)
            passed += more
            failed += bad
            skipped += left
    for title, names in (("skipped", skipped), ("failed", failed)):
        for name in names:
            print(f"{title}: {name}")
    print(f"{passed} passed, {len(failed)} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
