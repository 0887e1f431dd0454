#!/usr/bin/env python3
"""Checks that links between the documents lead somewhere: to a file that is there, and to a heading that it has.

Addresses on the web are not asked.

  tools/check_links.py [ROOT]     exit 0: clean; 1: one line per offence on standard output
"""
import pathlib
import re
import sys

FOLDERS = ["docs", "deploy"]  # and the documents at the root
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """As web pages of Git hosts name them: lower case, words joined by hyphens, nothing else."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text)}


def offences(root: pathlib.Path):
    pages = [*root.glob("*.md"), *(page for folder in FOLDERS for page in (root / folder).rglob("*.md"))]
    for page in sorted(pages):
        for target in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            there = page.parent / path if path else page
            name = page.relative_to(root).as_posix()
            if not there.exists():
                yield f"{name}: ({target}) leads to no file"
            elif anchor and there.suffix == ".md" and anchor not in anchors(there.read_text(encoding="utf-8")):
                yield f"{name}: ({target}) leads to no heading of {path or name}"


def main() -> int:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    found = list(offences(root))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
