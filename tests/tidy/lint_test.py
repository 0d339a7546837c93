"""ops/checks/lint.py chooses what it should, and gives Clang a compilation it can read."""

import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "ops/checks"))
import lint  # noqa: E402


class Lint(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        texts = {f"events/f{i}.cc": "" for i in range(100)}
        texts |= {"events/a.h": "", "events/b.h": '#include "events/a.h"\n',
                  "events/b.cc": '#include "events/b.h"\n#include <vector>\n',
                  "events/c.cc": '#include "events/b.h"\n', "events/d.cc": '#include "events/a.h"\n'}
        for name, text in texts.items():
            (self.root / name).parent.mkdir(exist_ok=True)
            (self.root / name).write_text(text)
        self.sources = [name for name in texts if name.endswith(".cc")]
        self.includes = lint.Includes(texts, self.root)

    def choose(self, changed=(), commit="one"):
        return lint.choose(self.sources, self.includes, set(changed), commit)

    def test_a_run_judges_no_more_than_its_share(self):
        self.assertEqual(len(self.choose()), lint.SHARE)
        self.assertEqual(len(self.choose(changed=self.sources)), lint.SHARE)

    def test_changed_sources_come_first(self):
        changed = {f"events/f{i}.cc" for i in range(90, 100)}
        self.assertEqual(set(self.choose(changed)[:10]), changed)

    def test_a_changed_header_is_judged_through_a_source(self):
        self.assertEqual(self.choose(["events/b.h"])[0], "events/b.cc")
        self.assertEqual(self.choose(["events/a.h"])[0], "events/d.cc")

    def test_the_same_commit_chooses_the_same_and_all_come_round(self):
        self.assertEqual(self.choose(commit="x"), self.choose(commit="x"))
        seen = set()
        for commit in range(100):
            seen |= set(self.choose(commit=str(commit)))
        self.assertEqual(seen, set(self.sources))

    def test_headers_below_a_source_are_found_through_others(self):
        self.assertEqual(self.includes.below("events/c.cc"),
                         {"events/c.cc", "events/b.h", "events/a.h"})

    def test_precompiled_headers_of_gcc_are_taken_out(self):
        command = "c++ -O2 -Winvalid-pch -include /b/CMakeFiles/x.dir/cmake_pch.hxx -c a.cc"
        (self.root / "compile_commands.json").write_text(json.dumps(
            [{"file": str(lint.ROOT / "events/a.cc"), "command": command, "directory": "/b"}]))
        flags = lint.flags_for_clang(self.root, self.root / "tidy")
        self.assertEqual(flags["events/a.cc"].split(), ["c++", "-O2", "-c", "a.cc"])
        written = json.loads((self.root / "tidy/compile_commands.json").read_text())
        self.assertEqual(written[0]["command"], flags["events/a.cc"])


if __name__ == "__main__":
    unittest.main()
