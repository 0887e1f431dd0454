#!/usr/bin/env python3
"""Checks which folder includes what: the table of docs/architecture.md, in one dict, and that the page says the same.

The include roots (cmake/certbroker_library.cmake) already make an undeclared include of ours fail to compile. They cannot
see two things, which this does: a "../" that walks around them, and third-party headers, which share one /usr/include.

  tools/check_layers.py [ROOT]     exit 0: clean; 1: one line per offence on standard output
"""
import pathlib
import re
import sys

# Folder -> folders of ours that it may include besides itself.
OURS = {
    "core": set(),
    "pki": {"core"},
    "acme": {"core", "pki"},
    "acme/http": {"core"},
    "acme/solvers": {"core"},
    "keystore": {"core"},
    "db": {"core"},
    "inbound": {"core"},
    "service/config": {"core"},
    "service/policy": {"core", "pki", "service/config"},
    "service/engine": {"core", "pki", "acme", "service/policy"},
    "service/identity": {"core", "pki", "service/policy"},
    "service/rpc": {"core", "service/identity", "service/policy"},
    "service/responder": {"core", "inbound"},
    "service/dev": {"core", "pki", "keystore", "service/config"},
    "service": {"*"},
    "client": {"core"},
    "agent": {"core", "pki", "inbound", "client"},
    "cli": {"core", "pki", "keystore", "client"},
    "bench": {"*"},
}

# Third-party header prefix -> folders where it belongs.
THIRD_PARTY = {
    "pqxx/": {"db"},
    "libpq": {"db"},
    "curl/": {"acme/http"},
    "libp11.h": {"keystore", "bench"},
    "p11-kit/": {"keystore", "bench"},
    "ldns/": {"acme/solvers"},
    "nlohmann/": {"acme", "acme/solvers", "service/dev", "client", "agent", "cli", "bench"},
    "toml++/": {"service/config"},
    "openssl/": {"pki", "keystore", "acme", "acme/solvers", "service/dev", "client", "agent", "bench"},
    "idn2.h": {"pki"},
    "libpsl.h": {"pki"},
    "grpcpp/": {"service/rpc", "service", "client", "agent", "cli", "bench"},
    "grpc/": {"service/rpc", "service", "client", "agent", "cli", "bench"},
    "google/": {"service/rpc", "service", "client", "agent", "cli", "bench"},
    "certbroker/v1/": {"service/rpc", "service", "client", "agent", "cli", "bench"},
    "CLI/": {"service", "agent", "cli", "bench"},
    "spdlog/": {"service"},
    "microhttpd.h": {"inbound", "service/responder", "agent"},
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def folder_of(path: str) -> str:
    """The longest folder of the table that holds `path`."""
    best = ""
    for folder in OURS:
        if path.startswith(folder + "/") and len(folder) > len(best):
            best = folder
    return best


def offences(root: pathlib.Path):
    sources = sorted(p for folder in {f.split("/")[0] for f in OURS} for p in (root / folder).rglob("*")
                     if p.suffix in {".h", ".cc"})
    for source in sources:
        name = source.relative_to(root).as_posix()
        here = folder_of(name)
        for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            quote, target = match.groups()
            where = f"{name}:{number}"
            if ".." in target.split("/"):
                yield f"{where}: includes \"{target}\": '..' walks around the include roots; name the folder"
            elif quote == '"' and not target.startswith("google/") and not target.startswith("certbroker/"):
                there = folder_of(target)
                allowed = OURS[here]
                if there != here and "*" not in allowed and there not in allowed:
                    yield f"{where}: {here}/ may not include {there or target}/ (\"{target}\"); see docs/architecture.md"
            for prefix, folders in THIRD_PARTY.items():
                if target.startswith(prefix) and here not in folders:
                    yield f"{where}: <{target}> belongs to {', '.join(sorted(folders))}; not to {here}/"


def documented(page: pathlib.Path):
    """Folder -> what the table of docs/architecture.md lets it include ("*": all; proto is no folder of sources)."""
    for line in page.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 3 or not cells[0].startswith("`") or not cells[0].endswith("/`"):
            continue
        words = {word.strip() for word in cells[2].split(",")} - {"proto", "–"}
        yield cells[0].strip("`/"), {"*"} if words == {"all"} else words


def contradictions(root: pathlib.Path):
    page = root / "docs" / "architecture.md"
    if not page.exists():
        return
    told = dict(documented(page))
    for folder in sorted(OURS.keys() | told.keys()):
        if OURS.get(folder) != told.get(folder):
            yield f"docs/architecture.md: {folder}/ may include {told.get(folder)} there, {OURS.get(folder)} in tools/check_layers.py"


def main() -> int:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    found = [*offences(root), *contradictions(root)]
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
