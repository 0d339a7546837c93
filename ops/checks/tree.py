#!/usr/bin/env python3
"""Holds the tree to the rules that text alone can show; the rules themselves are data.

rooms.json says which room may include which and where each library may be named, hygiene.json the
rest. Each function below is one check and yields findings (file, line, message); findings are
printed as file:line: message and make the exit code 1. Files are those that git tracks or would
track, so a new file is judged before it is added.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SOURCES = {".cc", ".h"}
COUNTED = {".cc", ".h", ".proto", ".py", ".sh"}


class Tree:
    """The files below root by path, and the rules that lie in ops/checks beside this file."""

    def __init__(self, root, rules=pathlib.Path(__file__).parent):
        self.root = pathlib.Path(root)
        self.rooms = json.loads((rules / "rooms.json").read_text())
        self.hygiene = json.loads((rules / "hygiene.json").read_text())
        self.files = sorted(f for f in self._list() if (self.root / f).is_file())

    def _list(self):
        if (self.root / ".git").exists():
            listed = subprocess.run(
                ["git", "-c", "safe.directory=*", "-C", self.root, "ls-files", "-z", "-co",
                 "--exclude-standard"], check=True, capture_output=True, text=True)
            return filter(None, listed.stdout.split("\0"))
        return (str(f.relative_to(self.root)) for f in self.root.rglob("*"))

    def lines(self, file):
        """(number, text) of a text file; nothing of a binary or missing one."""
        if file not in self.files:
            return []
        data = (self.root / file).read_bytes()
        if b"\0" in data:
            return []
        return list(enumerate(data.decode(errors="replace").splitlines(), 1))

    def sources(self):
        return [f for f in self.files if pathlib.PurePath(f).suffix in SOURCES]

    def room_of(self, file):
        return file.split("/")[0]

    def may_include(self, room, other):
        return other == room or other in self.rooms["rooms"].get(room, [])

    def library_of(self, name, key):
        """The library that one of its prefixes under `key` claims `name` for, or None."""
        for title, library in self.rooms["libraries"].items():
            if name.startswith(tuple(library[key])):
                return title, library
        return None


def includes(tree):
    """Every #include goes leftwards, from the repository root, to a library of that place."""
    for file in tree.sources():
        for number, line in tree.lines(file):
            found = INCLUDE.match(line)
            if found:
                quoted, path = found[1] == '"', found[2]
                message = _own(tree, file, path) if quoted else _foreign(tree, file, path)
                if message:
                    yield file, number, message


def _own(tree, file, path):
    room, other = tree.room_of(file), path.split("/")[0]
    if other not in tree.rooms["rooms"] or "/" not in path:
        return f'"{path}" is not a path from the repository root'
    if not tree.may_include(room, other):
        return f"{room} must not include {other}"
    source = re.sub(r"\.pb\.h$", ".proto", path)
    if source not in tree.files:
        return f'there is no "{source}"'
    return None


def _foreign(tree, file, path):
    claimed = tree.library_of(path, "headers")
    if claimed:
        title, library = claimed
        if not file.startswith(tuple(library["in"])):
            return f"<{path}>: {title} may be named only in {', '.join(library['in'])}"
        excepted = tuple(tree.rooms["headers_naming_libraries"])
        if file.endswith(".h") and not library.get("in_headers") and not file.startswith(excepted):
            return f"<{path}>: a header of ours must not name {title}; include it in the .cc"
        return None
    system = tree.rooms["system"]
    standard = "." not in path and "/" not in path
    if standard or path in system["headers"] or path.startswith(tuple(system["folders"])):
        return None
    return f"<{path}> belongs to no library of ops/checks/rooms.json"


def library_names(tree):
    """Nobody outside a library's places writes its names, forward declarations included."""
    for file in tree.sources():
        for title, library in tree.rooms["libraries"].items():
            if "names" not in library or file.startswith(tuple(library["in"])):
                continue
            for number, line in tree.lines(file):
                found = re.search(library["names"], line.split("//")[0])
                if found:
                    yield file, number, f"'{found[0]}' is {title}'s, at home in {library['in'][0]}"


def links(tree):
    """The link lists of CMakeLists.txt go the same way as the includes."""
    text = "\n".join(re.sub(r"#.*", "", line) for _, line in tree.lines("CMakeLists.txt"))
    seen = set()
    for call in re.finditer(r"\b(?:chopmark_room|target_link_libraries)\s*\(([^()]*)\)", text):
        target, *linked = call[1].split()
        room = target.removeprefix("chopmark_")
        if room not in tree.rooms["rooms"]:
            continue
        seen.add(room)
        number = text.count("\n", 0, call.start()) + 1
        for name in linked:
            message = _link(tree, room, name)
            if message:
                yield "CMakeLists.txt", number, message
    for room in tree.rooms["rooms"]:
        if room not in seen and room != "tests":
            yield "CMakeLists.txt", 1, f"room {room} has no link list"


def _link(tree, room, name):
    other = name.removeprefix("chopmark_")
    if other in tree.rooms["rooms"]:
        return None if tree.may_include(room, other) else f"{room} must not link {other}"
    if name in ("PUBLIC", "PRIVATE", "INTERFACE", "chopmark_flags"):
        return None
    claimed = tree.library_of(name, "targets")
    if not claimed:
        return f"{name} belongs to no library of ops/checks/rooms.json"
    title, library = claimed
    if not any(place.startswith(room + "/") for place in library["in"]):
        return f"{room} must not link {title}"
    return None


def skips(tree):
    """A test that is switched off says why: GTEST_SKIP() << "…", or a line "// disabled: …"."""
    for file in tree.sources():
        lines = tree.lines(file)
        text = "\n".join(line for _, line in lines)
        for found in re.finditer(r"\bGTEST_SKIP\(\)([^;]*);", text):
            if not re.search(r'<<\s*(?:[^"]*<<\s*)?"[^"]*\w', found[1]):
                yield file, text.count("\n", 0, found.start()) + 1, "skipped without a reason"
        for number, line in lines:
            before = lines[number - 2][1] if number > 1 else ""
            if re.search(r"\bDISABLED_", line) and not re.match(r"\s*// disabled: \S", before):
                yield file, number, 'disabled without a line "// disabled: reason" above it'


def length(tree):
    """No source is longer than can be held in mind."""
    most = tree.hygiene["lines_per_file"]
    for file in tree.files:
        lines = tree.lines(file)
        script = bool(lines) and lines[0][1].startswith("#!")
        if (pathlib.PurePath(file).suffix in COUNTED or script) and len(lines) > most:
            yield file, len(lines), f"{len(lines)} lines; split it before {most}"


def private_places(tree):
    """Nothing names a folder of one machine or the host of a package registry."""
    pattern = re.compile("|".join(tree.hygiene["private_places"]))
    exempt = tuple(tree.hygiene["private_places_exempt"])
    for file in tree.files:
        if file.startswith(exempt):
            continue
        for number, line in tree.lines(file):
            found = pattern.search(line)
            if found:
                yield file, number, f"'{found[0]}' means nothing on another machine"


def packages(tree):
    """Every package of ops/setup has its reason in the decision on dependencies, and none else."""
    listed = subprocess.run([tree.root / "ops/setup", "--kafka", "--faults", "--hardening",
                             "--list"],
                            check=True, capture_output=True, text=True).stdout.split()
    record = "ops/decisions/0001-dependencies.md"
    rows = {}
    for number, line in tree.lines(record):
        if line.startswith("| `"):
            for name in re.findall(r"`([^`]+)`", line.split("|")[1]):
                rows[name] = number
    for name in listed:
        if name not in rows:
            yield "ops/setup", 1, f"{name} has no reason in {record}"
    for name, number in rows.items():
        if name not in listed:
            yield record, number, f"{name} is not in ops/setup"


def layout(tree):
    """Only the fixed top-level folders."""
    allowed = set(tree.rooms["rooms"]) | set(tree.hygiene["top_level"])
    for top in sorted({tree.room_of(file) for file in tree.files}):
        if top not in allowed:
            yield top, 1, "is not among the top-level names of style and ops/checks/hygiene.json"


CHECKS = {check.__name__: check for check in (
    includes, library_names, links, skips, length, private_places, packages, layout)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", default=pathlib.Path(__file__).parents[2])
    parser.add_argument("check", nargs="*", choices=[[], *CHECKS], help="default: all of them")
    chosen = parser.parse_args()
    tree = Tree(chosen.root)
    found = [finding for name in chosen.check or CHECKS for finding in CHECKS[name](tree)]
    for file, line, message in found:
        print(f"{file}:{line}: {message}")
    print(f"{len(tree.files)} files, {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
