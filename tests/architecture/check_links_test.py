"""The check of links must fail on what it is for: each dead link is planted in a small tree and must be named."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parents[2] / "tools" / "check_links.py"


class LinkCheck(unittest.TestCase):
    def run_on(self, readme):
        with tempfile.TemporaryDirectory() as root:
            (pathlib.Path(root) / "docs").mkdir()
            (pathlib.Path(root) / "docs" / "dns.md").write_text("# DNS\n## Dynamic updates (RFC 2136)\n", encoding="utf-8")
            (pathlib.Path(root) / "README.md").write_text(readme, encoding="utf-8")
            done = subprocess.run([sys.executable, CHECK, root], capture_output=True, text=True, check=False)
            return done.returncode, done.stdout

    def test_what_leads_somewhere_passes(self):
        page = "# Top\n[a](docs/dns.md) [b](docs/dns.md#dynamic-updates-rfc-2136) [c](#top) [d](https://example.com/) [e](docs)\n"
        self.assertEqual(self.run_on(page), (0, ""))

    def test_a_file_that_is_gone(self):
        code, out = self.run_on("[a](docs/gone.md)\n")
        self.assertEqual((code, out), (1, "README.md: (docs/gone.md) leads to no file\n"))

    def test_a_heading_that_is_gone(self):
        code, out = self.run_on("[a](docs/dns.md#caa)\n")
        self.assertEqual((code, out), (1, "README.md: (docs/dns.md#caa) leads to no heading of docs/dns.md\n"))

    def test_code_is_no_link(self):
        self.assertEqual(self.run_on("```\nf[0](gone)\n```\nand `f[0](gone)`\n"), (0, ""))


if __name__ == "__main__":
    unittest.main()
