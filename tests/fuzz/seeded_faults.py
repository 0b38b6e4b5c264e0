#!/usr/bin/env python3
"""Faults put into the server's sources, one for each fuzz target, which its fuzzer must find (`.ci/fuzz --faults`).

Usage: seeded_faults.py --check              whether each fault still fits its source, and every target has one
       seeded_faults.py --list               a line for each: target, source, what is wrong then
       seeded_faults.py --source TARGET      the source that is changed
       seeded_faults.py --write TARGET FILE  that source, changed

A fault is text that stands exactly once in its source, and what takes its place.
"""

import sys
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


class Fault(NamedTuple):
    source: str
    text: str
    instead: str
    wrong: str


FAULTS = {
    "bodies": Fault(
        "http/json_tree_builder.cpp",
        "  std::sort(keys.begin(), keys.end());\n",
        "",
        "a key that is given twice is refused only where both stand side by side"),
    "configuration": Fault(
        "config/file.cpp",
        "suffix_of_caf{\"h\", 3'600'000'000'000}",
        "suffix_of_caf{\"h\", 3'600'000'000}",
        "hours that overflow in CAF's parser are handed to it"),
    "events": Fault(
        "http/json_string.cpp",
        "upper_ = byte == 0xED ? 0x9F : 0xBF;",
        "upper_ = 0xBF;",
        "half a surrogate pair in UTF-8 is taken for a character"),
    "frames": Fault(
        "interpreters/plotly_array.cpp",
        " || size_ / lengths[1] != lengths[0])",
        ")",
        "a typed array may say that it has more rows than it has"),
    "heads": Fault(
        "http/request_head.cpp",
        """  case state::line_feed:
    if (byte != '\\n')
      return fail("a carriage return stands alone");
""",
        """  case state::line_feed:
""",
        "a header line may end with a carriage return and any byte"),
    "paths": Fault(
        "files/sandbox_root.cpp",
        "(path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/'))",
        "path.starts_with(directory)",
        "a directory whose name begins with that of another counts as being in it"),
    "repositories": Fault(
        "git/clone_url.cpp",
        "const auto at = authority.rfind('@');",
        "const auto at = authority.find('@');",
        "a password with an '@' is masked up to it only"),
}


def targets():
    return sorted(path.name for path in (HERE / "corpus").iterdir() if path.is_dir())


def mutated(fault):
    """The source with the fault; an error when its text does not stand there exactly once."""
    text = (ROOT / fault.source).read_text()
    found = text.count(fault.text)
    if found != 1:
        raise ValueError(f"{fault.source} holds {found} times: {fault.text!r}")
    return text.replace(fault.text, fault.instead)


def check():
    """What is wrong with the faults, one line each."""
    problems = [f"{target}: has no fault" for target in targets() if target not in FAULTS]
    problems += [f"{target}: is no target" for target in FAULTS if target not in targets()]
    for target, fault in FAULTS.items():
        try:
            mutated(fault)
        except (OSError, ValueError) as problem:
            problems.append(f"{target}: {problem}")
    return problems


def main(arguments):
    match arguments:
        case ["--check"]:
            problems = check()
            print(*problems, sep="\n", end="\n" if problems else "")
            return 1 if problems else 0
        case ["--list"]:
            for target, fault in FAULTS.items():
                print(target, fault.source, fault.wrong, sep="\t")
        case ["--source", target]:
            print(FAULTS[target].source)
        case ["--write", target, output]:
            Path(output).parent.mkdir(parents=True, exist_ok=True)
            Path(output).write_text(mutated(FAULTS[target]))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
