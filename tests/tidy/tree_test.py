"""The checks of ops/checks/tree.py find what they are for, and only that, in trees made here."""

import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "ops/checks"))
import tree  # noqa: E402


class Checks(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def findings(self, check, files):
        """(file, line) of what one check says about a tree of these files."""
        for name, text in files.items():
            path = pathlib.Path(self.folder.name, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return [found[:2] for found in tree.CHECKS[check](tree.Tree(self.folder.name))]

    def include(self, file, path):
        """What is said about `file` including `path`, in a tree with a header in every room."""
        files = {"events/core/a.h": "", "aggregates/b.h": "", "projections/c.h": "",
                 "gateways/d.h": "", "ops/e.h": "", "tests/support/f.h": "",
                 "events/schema/g.proto": ""}
        found = self.findings("includes", {**files, file: f"#pragma once\n#include {path}\n"})
        pathlib.Path(self.folder.name, file).unlink()
        return found

    def test_rooms_include_leftwards_only(self):
        for file, path in (("aggregates/x.h", "events/core/a.h"),
                           ("events/x.cc", "events/core/a.h"),
                           ("gateways/x.cc", "projections/c.h"), ("ops/x.cc", "gateways/d.h"),
                           ("tests/unit/x.cc", "ops/e.h"),
                           ("anomaly/x.cc", "events/schema/g.pb.h")):
            self.assertEqual(self.include(file, f'"{path}"'), [], (file, path))
        for file, path in (("events/x.h", "aggregates/b.h"), ("aggregates/x.cc", "projections/c.h"),
                           ("projections/x.cc", "aggregates/b.h"), ("anomaly/x.cc", "gateways/d.h"),
                           ("gateways/x.cc", "ops/e.h"), ("ops/x.cc", "tests/support/f.h"),
                           ("events/x.cc", "a.h"), ("events/x.cc", "core/a.h"),
                           ("events/x.cc", "events/core/none.h")):
            self.assertEqual(self.include(file, f'"{path}"'), [(file, 2)], (file, path))

    def test_libraries_are_named_in_their_place_only(self):
        for file, path in (("events/journal/x.cc", "rocksdb/db.h"),
                           ("gateways/http/x.cc", "boost/asio.hpp"),
                           ("tests/support/x.cc", "rocksdb/env.h"), ("projections/x.h", "vector"),
                           ("ops/x.cc", "sys/resource.h"), ("gateways/x.h", "nlohmann/json.hpp")):
            self.assertEqual(self.include(file, f"<{path}>"), [], (file, path))
        for file, path in (("aggregates/x.cc", "rocksdb/db.h"), ("events/x.h", "rocksdb/db.h"),
                           ("gateways/rp/x.cc", "openssl/evp.h"), ("events/x.cc", "boost/asio.hpp"),
                           ("projections/x.cc", "google/protobuf/message.h"),
                           ("gateways/x.cc", "librdkafka/rdkafka.h"), ("ops/x.cc", "unheard/of.h")):
            self.assertEqual(self.include(file, f"<{path}>"), [(file, 2)], (file, path))

    def test_a_forward_declaration_counts_as_naming(self):
        self.assertEqual(self.findings("library_names", {
            "projections/view.h": "// rocksdb::DB is hidden\nnamespace rocksdb {\nclass DB;\n}\n",
            "events/rows/rows.h": "namespace rocksdb {\nclass DB;\n}\n",
            "gateways/x.cc": "int a;\nauto p = RdKafka::Conf::create();\n",
        }), [("gateways/x.cc", 2), ("projections/view.h", 2)])

    def test_link_lists_go_the_way_of_the_includes(self):
        good = ("chopmark_room(events chopmark_schema RocksDB::rocksdb-shared)\n"
                "chopmark_room(aggregates chopmark_events)\n"
                "chopmark_room(projections chopmark_events)\n"
                "chopmark_room(anomaly\n    chopmark_events)\n"
                "chopmark_room(gateways chopmark_aggregates PkgConfig::HTTPLIB)\n"
                "chopmark_room(ops chopmark_gateways CLI11::CLI11)  # the end\n")
        self.assertEqual(self.findings("links", {"CMakeLists.txt": good}), [])
        bad = good + ("chopmark_room(anomaly chopmark_events chopmark_projections)\n"
                      "target_link_libraries(chopmark_aggregates PUBLIC\n    RocksDB::rocksdb)\n"
                      "target_link_libraries(chopmark_ops PRIVATE what::ever)\n")
        self.assertEqual([line for _, line in self.findings("links", {"CMakeLists.txt": bad})],
                         [8, 9, 11])
        self.assertEqual(len(self.findings("links", {"CMakeLists.txt": ""})), 6)

    def test_switched_off_tests_say_why(self):
        self.assertEqual(self.findings("skips", {"tests/unit/a.cc": (
            'GTEST_SKIP() << "no broker here";\n'
            "GTEST_SKIP();\n"
            'GTEST_SKIP() << name << " needs root";\n'
            'GTEST_SKIP() << "";\n'
            "TEST(A, DISABLED_B) {}\n"
            "// disabled: waits for the publisher\n"
            "TEST(A, DISABLED_C) {}\n")}),
            [("tests/unit/a.cc", 2), ("tests/unit/a.cc", 4), ("tests/unit/a.cc", 5)])

    def test_long_sources_are_found(self):
        self.assertEqual(self.findings("length", {
            "events/a.cc": "\n" * 500, "events/b.cc": "\n" * 501, "ops/c": "#!/bin/sh\n" * 501,
            "tests/data/d.log": "\n" * 9000}), [("events/b.cc", 501), ("ops/c", 501)])

    def test_places_of_one_machine_are_found(self):
        self.assertEqual(self.findings("private_places", {
            "a.md": "built in /home/someone\nuse ../shared/data\n",
            "b.md": "see /usr/include, framework/" "work/x and the root /\n",
            "c.cmake": "https://deb.debian.org/debian\n",
            "tests/data/auth.log": "/home/x\n"}), [("a.md", 1), ("a.md", 2), ("c.cmake", 1)])

    def test_packages_and_reasons_match(self):
        setup = pathlib.Path(self.folder.name, "ops/setup")
        setup.parent.mkdir()
        setup.write_text("#!/bin/sh\necho cmake; echo ninja-build\n")
        setup.chmod(0o755)
        self.assertEqual(self.findings("packages", {"ops/decisions/0001-dependencies.md": (
            "| package | why |\n| `cmake` | builds |\n| `gone` | was of use |\n")}),
            [("ops/setup", 1), ("ops/decisions/0001-dependencies.md", 3)])

    def test_layout_is_fixed(self):
        rooms = ("events", "aggregates", "projections", "anomaly", "gateways", "ops", "tests")
        files = {f"{room}/README.md": "" for room in rooms}
        self.assertEqual(self.findings("layout", {**files, "LICENSE": ""}), [])
        self.assertEqual(self.findings("layout", {"scripts/x": ""}), [("scripts", 1)])


if __name__ == "__main__":
    unittest.main()
