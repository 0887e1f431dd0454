#!/usr/bin/env python3
"""Files stay small: over 500 lines needs a line in tools/size_allowlist.txt that says why.

  tools/check_sizes.py [ROOT]     exit 0: clean; 1: one line per offence on standard output
"""
import pathlib
import sys

FOLDERS = ["core", "pki", "acme", "keystore", "db", "service", "client", "agent", "cli", "bench", "proto", "tools", "deploy", "tests"]
SUFFIXES = {".h", ".cc", ".proto", ".sql", ".py", ".sh"}
LIMIT = 500


def allowed(root: pathlib.Path) -> set[str]:
    path = root / "tools" / "size_allowlist.txt"
    if not path.exists():
        return set()
    entries = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip() and not line.startswith("#")]
    for entry in entries:
        if len(entry.split(None, 1)) != 2:
            raise SystemExit(f"tools/size_allowlist.txt: '{entry}' gives no reason")
    return {entry.split(None, 1)[0] for entry in entries}


def main() -> int:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    excused = allowed(root)
    found = 0
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in SUFFIXES or not path.is_file():
                continue
            name = path.relative_to(root).as_posix()
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > LIMIT and name not in excused:
                print(f"{name}: {lines} lines, more than {LIMIT}: split it, or say why not in tools/size_allowlist.txt")
                found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
