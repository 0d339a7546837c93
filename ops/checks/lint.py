#!/usr/bin/env python3
"""clang-format over the whole tree, and clang-tidy over as much of it as a run can afford.

`lint.py format` judges every source. `lint.py tidy --build DIR` takes 4 s or more a file, so an
ordinary run judges at most SHARE files: first those changed since main (on main: by the last
commit), a changed header through a source that includes it, then a choice that depends on the
commit alone and so comes round to every file in time. CHOPMARK_LONG=1 judges all. A source that
passed is not judged again until it, a header of ours below it, its flags or .clang-tidy change.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tree  # noqa: E402

ROOT = pathlib.Path(__file__).parents[2]
SHARE = 24
# Flags for GCC alone, and its precompiled headers, mean nothing to Clang.
EXTRA = ["--extra-arg=-Wno-unknown-warning-option", "--quiet"]


def check_format(sources):
    done = subprocess.run(["clang-format-14", "--dry-run", "-Werror", *sources], cwd=ROOT)
    print(f"{len(sources)} files; to mend: clang-format-14 -i FILE")
    return done.returncode


def git(*arguments):
    done = subprocess.run(["git", "-c", "safe.directory=*", *arguments], cwd=ROOT,
                          capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def changed_files():
    """What differs from where this branch left main; on main itself, from the commit before."""
    head = git("rev-parse", "HEAD")
    base = git("merge-base", "HEAD", "origin/main") or git("merge-base", "HEAD", "main")
    if base in ("", head):
        base = git("rev-parse", "HEAD~1") or head
    return set(git("diff", "--name-only", base).splitlines())


class Includes:
    """Which headers of ours lie below a source."""

    def __init__(self, sources, root=ROOT):
        self.root = root
        self.known = set(sources)
        self.direct = {}

    def of(self, file):
        if file not in self.direct:
            text = (self.root / file).read_text(errors="replace")
            self.direct[file] = [i for i in re.findall(r'^\s*#\s*include\s*"([^"]+)"', text, re.M)
                                 if i in self.known]
        return self.direct[file]

    def below(self, file):
        seen, ahead = {file}, [file]
        while ahead:
            for found in self.of(ahead.pop()):
                if found not in seen:
                    seen.add(found)
                    ahead.append(found)
        return seen


def flags_for_clang(build, folder):
    """A copy of the compilation database without precompiled headers; file → its flags."""
    entries = json.loads((build / "compile_commands.json").read_text())
    for entry in entries:
        command = re.sub(r"-include \S*cmake_pch\.hxx", "", entry["command"])
        entry["command"] = command.replace("-Winvalid-pch", "")
    folder.mkdir(exist_ok=True)
    (folder / "compile_commands.json").write_text(json.dumps(entries))
    return {os.path.relpath(entry["file"], ROOT): entry["command"] for entry in entries}


def choose(sources, includes, changed, commit):
    """At most SHARE sources: what changed first, the rest in an order that the commit decides."""
    by_turn = sorted(sources, key=lambda f: hashlib.sha256((f + commit).encode()).digest())
    first = [f for f in by_turn if f in changed]
    for header in sorted(f for f in changed if f.endswith(".h")):
        twin = header.removesuffix(".h") + ".cc"
        users = [f for f in by_turn if f == twin or header in includes.of(f)]
        first += [twin] if twin in users else users[:1]
    return list(dict.fromkeys(first + by_turn))[:SHARE]


def check_tidy(build, everything, jobs):
    files = tree.Tree(ROOT).sources()
    includes = Includes(files)
    folder = build / "tidy"
    flags = flags_for_clang(build, folder)
    sources = [f for f in files if f in flags]
    chosen = sources if everything else choose(
        sources, includes, changed_files(), git("rev-parse", "HEAD"))

    def stamp(file):
        digest = hashlib.sha256((ROOT / ".clang-tidy").read_bytes() + flags[file].encode())
        for part in sorted(includes.below(file)):
            digest.update(part.encode() + (ROOT / part).read_bytes())
        return folder / digest.hexdigest()

    def judge(file):
        passed = stamp(file)
        if passed.exists():
            return ""
        done = subprocess.run(["clang-tidy-14", "-p", folder, *EXTRA, file], cwd=ROOT,
                              capture_output=True, text=True)
        if done.returncode == 0:
            passed.touch()
            return ""
        return done.stdout + done.stderr

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        said = [text for text in pool.map(judge, chosen) if text]
    print("\n".join(said))
    print(f"{len(chosen)} of {len(sources)} sources judged, {len(said)} at fault")
    return 1 if said or not chosen else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["format", "tidy"])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    chosen = parser.parse_args()
    if chosen.what == "format":
        return check_format(tree.Tree(ROOT).sources())
    return check_tidy(chosen.build, bool(os.environ.get("CHOPMARK_LONG")), chosen.jobs)


if __name__ == "__main__":
    sys.exit(main())
