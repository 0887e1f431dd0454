"""The check of the RFC map must fail on what it is for: each fault is planted in a small tree and must be named."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parents[2] / "tools" / "check_rfc_map.py"

GOOD = {
    "acme/nonce.h": "// RFC 8555 §6.5: each nonce once (tN1).\n",
    "tests/acme/nonce_test.cc": "TEST(NonceTest, EachOnce) {}\nTEST_F(\n    PoolTest, IsEmptied) {}\n",
    "docs/rfc-map.md": "## RFC 8555\n| sections | they ask | code | tests |\n| --- | --- | --- | --- |\n"
                       "| §6.5 | once | `acme/nonce.h` | `NonceTest.EachOnce`, `PoolTest.IsEmptied` |\n",
    "docs/pitfalls.md": "| label | what | tests |\n| --- | --- | --- |\n| `tN1` | sent again | `NonceTest.EachOnce` |\n",
}


class RfcMapCheck(unittest.TestCase):
    def run_on(self, changes):
        with tempfile.TemporaryDirectory() as root:
            for name, text in (GOOD | changes).items():
                path = pathlib.Path(root) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            done = subprocess.run([sys.executable, CHECK, root], capture_output=True, text=True, check=False)
            return done.returncode, done.stdout

    def edited(self, name, old, new):
        self.assertIn(old, GOOD[name])
        return {name: GOOD[name].replace(old, new)}

    def expect(self, changes, words):
        code, out = self.run_on(changes)
        self.assertEqual(code, 1, out)
        self.assertIn(words, out)

    def test_what_agrees_passes(self):
        self.assertEqual(self.run_on({}), (0, ""))

    def test_a_file_that_is_gone(self):
        self.expect(self.edited("docs/rfc-map.md", "acme/nonce.h", "acme/gone.h"), "docs/rfc-map.md:4: no file acme/gone.h")

    def test_a_test_that_is_gone(self):
        self.expect(self.edited("docs/rfc-map.md", "NonceTest.EachOnce", "NonceTest.Gone"),
                    "docs/rfc-map.md:4: no test NonceTest.Gone")
        self.expect(self.edited("docs/pitfalls.md", "NonceTest.EachOnce", "NonceTest.Gone"),
                    "docs/pitfalls.md:3: no test NonceTest.Gone")

    def test_a_file_that_does_not_name_its_rfc(self):
        self.expect({"acme/other.h": "// Nonces.\n"} | self.edited("docs/rfc-map.md", "acme/nonce.h", "acme/other.h"),
                    "none of the files says RFC 8555")

    def test_a_section_without_a_row(self):
        self.expect({"acme/nonce.cc": "// RFC 8555 §6.5,\n// §7.2: HEAD newNonce.\n"}, "acme/nonce.cc: cites RFC 8555 §7.2")

    def test_a_document_without_a_row(self):
        self.expect({"acme/caa.cc": "// See RFC\n// 8659.\n"}, "acme/caa.cc: cites RFC 8659")

    def test_a_draft_without_a_row(self):
        self.expect({"acme/x.cc": "// draft-ietf-acme-profiles-01 §3.\n"}, "acme/x.cc: cites draft-ietf-acme-profiles §3")

    def test_a_row_that_names_nothing(self):
        self.expect(self.edited("docs/rfc-map.md", "| `acme/nonce.h` | `NonceTest.EachOnce`, `PoolTest.IsEmptied` |", "| | |"),
                    "names neither file nor test")

    def test_a_row_that_says_open_passes(self):
        more = GOOD["docs/rfc-map.md"] + "| §7.3.5 | roll-over | open | open |\n"
        self.assertEqual(self.run_on({"docs/rfc-map.md": more}), (0, ""))

    def test_a_label_without_a_row(self):
        self.expect({"acme/pool.h": "// tN2: no nonce twice.\n"}, "acme/pool.h: cites tN2")

    def test_a_label_with_two_rows(self):
        self.expect({"docs/pitfalls.md": GOOD["docs/pitfalls.md"] + "| `tN1` | again | open |\n"}, "tN1 has a row in line 3")


if __name__ == "__main__":
    unittest.main()
