#!/usr/bin/env python3
"""Checks docs/rfc-map.md and docs/pitfalls.md against the sources: what they name exists, and what the sources cite is there.

A row of rfc-map.md is | sections | asks | code | tests |. The document that the sections are of is the heading's ("## RFC 8555 …",
"## draft-ietf-acme-profiles …"), or stands in the cell itself ("RFC 1035 §4.1.1"). A row of pitfalls.md is
| label | pitfall | tests |. Files and tests (`Suite.Name`) stand in backticks; what is not done says "open".

  tools/check_rfc_map.py [ROOT]     exit 0: clean; 1: one line per offence on standard output
"""
import pathlib
import re
import sys

MAP = "docs/rfc-map.md"
PITFALLS = "docs/pitfalls.md"
CITING = "acme"  # every section that is cited in this folder has a row

DOCUMENT = re.compile(r"RFC (\d{4})|(draft-ietf-[a-z-]*[a-z])")
# "RFC 8555 §7.1.6, §7.4": one document, then any number of its sections.
CITATION = re.compile(r"(?:RFC (\d{4})|(draft-ietf-[a-z-]*[a-z])(?:-\d\d)?)((?:(?:, | and | or | )§§?[A-Z0-9.]*[A-Z0-9])*)")
SECTION = re.compile(r"§§?([A-Z0-9.]*[A-Z0-9])")
TEST = re.compile(r"\b(?:TYPED_)?TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)")
LABEL = re.compile(r"\bt[NJHSDRLV][1-9]\b")
QUOTED = re.compile(r"`([^`]+)`")
COMMENT_BREAK = re.compile(r"\n\s*// ?")  # a citation may begin on one line of a comment and end on the next


def sources(root: pathlib.Path, folder: str):
    return sorted(p for p in (root / folder).rglob("*") if p.suffix in {".h", ".cc"})


def text_of(path: pathlib.Path) -> str:
    return COMMENT_BREAK.sub(" ", path.read_text(encoding="utf-8"))


def citations(text: str):
    """(document, section) of each citation; section "" where none is named."""
    for rfc, draft, sections in CITATION.findall(text):
        document = f"RFC {rfc}" if rfc else draft
        for section in SECTION.findall(sections) or [""]:
            yield document, section


def tests_of(root: pathlib.Path):
    return {f"{suite}.{name}" for path in sources(root, "tests") for suite, name in TEST.findall(path.read_text(encoding="utf-8"))}


def rows(root: pathlib.Path, page: str, width: int):
    """(line number, heading, cells) of each row of a table; the head and the line below it are none."""
    heading = ""
    for number, line in enumerate((root / page).read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#"):
            heading = line.lstrip("# ")
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) == width and not set(cells[0]) <= {"-", " "} and not cells[-1] == "tests":
            yield number, heading, cells
        elif line.startswith("|") and len(cells) != width:
            yield number, heading, []


def wrong_names(root: pathlib.Path, cell: str, known_tests: set[str]):
    """What a cell names and the tree does not have."""
    for name in QUOTED.findall(cell):
        if "/" in name:
            if not (root / name).is_file():
                yield f"no file {name}"
        elif name not in known_tests:
            yield f"no test {name}"


def mentions(root: pathlib.Path, code: str, document: str) -> bool:
    """Whether one of the files says which document it follows; true where a file is missing, which is told elsewhere."""
    files = [root / name for name in QUOTED.findall(code)]
    return not files or any(not f.is_file() or document in text_of(f) for f in files)


def map_offences(root: pathlib.Path, known_tests: set[str], covered: set):
    for number, heading, cells in rows(root, MAP, 4):
        where = f"{MAP}:{number}"
        if not cells:
            yield f"{where}: a row has four cells: sections, what they ask, code, tests"
            continue
        inside = DOCUMENT.search(cells[0])
        found = inside or DOCUMENT.search(heading)
        if not found:
            yield f"{where}: neither the row nor its heading names an RFC or a draft"
            continue
        document = found.group(0)
        covered.update((document, section) for section in SECTION.findall(cells[0]) or [""])
        for problem in [*wrong_names(root, cells[2], known_tests), *wrong_names(root, cells[3], known_tests)]:
            yield f"{where}: {problem}"
        if not QUOTED.search(cells[2] + cells[3]) and "open" not in cells[2] + cells[3]:
            yield f"{where}: names neither file nor test; say \"open\" if it is not done"
        if not mentions(root, cells[2], document):
            yield f"{where}: none of the files says {document}"


def missing_sections(root: pathlib.Path, covered: set):
    documents = {document for document, _ in covered}
    for path in sources(root, CITING):
        for document, section in sorted(set(citations(text_of(path)))):
            if (document, section) in covered or (not section and document in documents):
                continue
            yield f"{path.relative_to(root).as_posix()}: cites {document}{' §' * bool(section)}{section}, which has no row in {MAP}"


def pitfall_offences(root: pathlib.Path, known_tests: set[str]):
    told = {}
    for number, _, cells in rows(root, PITFALLS, 3):
        where = f"{PITFALLS}:{number}"
        label = cells[0].strip("`") if cells else ""
        if not LABEL.fullmatch(label):
            yield f"{where}: a row has three cells, the first of them a label such as tN1"
            continue
        if label in told:
            yield f"{where}: {label} has a row in line {told[label]}"
        told[label] = number
        yield from (f"{where}: {problem}" for problem in wrong_names(root, cells[2], known_tests))
        if not QUOTED.search(cells[2]) and "open" not in cells[2]:
            yield f"{where}: {label} names no test; say \"open\" if there is none"
    for folder in [CITING, "pki", "core", "service", "tests"]:
        for path in sources(root, folder):
            for label in sorted(set(LABEL.findall(path.read_text(encoding="utf-8"))) - told.keys()):
                yield f"{path.relative_to(root).as_posix()}: cites {label}, which has no row in {PITFALLS}"


def main() -> int:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    known_tests = tests_of(root)
    covered: set = set()
    found = [*map_offences(root, known_tests, covered), *missing_sections(root, covered), *pitfall_offences(root, known_tests)]
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
