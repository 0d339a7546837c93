"""ops/checks/tally.py counts what CTest really writes: a small CTest project is run here."""

import contextlib
import io
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "ops/checks"))
import tally  # noqa: E402

REPORT = """<testsuites><testsuite>
<testcase name="A" classname="S" status="run" result="completed"/>
<testcase name="B" classname="S" status="run" result="completed">{failure}</testcase>
<testcase name="C" classname="S" status="run" result="skipped"/>
<testcase name="D" classname="S" status="notrun" result="suppressed"/>
</testsuite></testsuites>"""


@unittest.skipUnless(shutil.which("ctest"), "ctest is not installed")
class Tally(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)
        (self.path / "gtest").mkdir()

    def count(self, **programs):
        """Exit code and last line after CTest ran these programs; a value is a shell command."""
        (self.path / "CTestTestfile.cmake").write_text("".join(
            f'add_test({name} sh -c "{command}")\n' for name, command in programs.items()))
        subprocess.run(["ctest", "-Q", "--output-junit", self.path / "ctest.xml"], cwd=self.path,
                       check=False)
        return self.tally(self.path)

    def tally(self, *folders):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = tally.main(folders)
        return code, said.getvalue().splitlines()[-1]

    def report(self, name, failure=""):
        (self.path / f"gtest/{name}.xml").write_text(REPORT.format(failure=failure))

    def test_a_program_without_a_report_is_one_test(self):
        self.assertEqual(self.count(good="exit 0"), (0, "1 passed, 0 failed"))
        self.assertEqual(self.count(good="exit 0", bad="exit 1"), (1, "1 passed, 1 failed"))

    def test_cases_of_a_report_are_counted(self):
        self.report("unit")
        self.assertEqual(self.count(unit="exit 0"), (0, "2 passed, 0 failed"))
        self.report("unit", failure="<failure/>")
        self.assertEqual(self.count(unit="exit 1"), (1, "1 passed, 1 failed"))

    def test_a_program_that_died_after_good_cases_has_failed(self):
        self.report("unit")
        self.assertEqual(self.count(unit="kill -SEGV $$"), (1, "2 passed, 1 failed"))

    def test_nothing_run_is_no_success(self):
        self.assertEqual(self.tally(self.path / "none"), (1, "0 passed, 1 failed"))
        self.assertEqual(self.count(), (1, "0 passed, 0 failed"))


if __name__ == "__main__":
    unittest.main()
