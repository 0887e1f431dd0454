"""The layer check must fail on what it is for: each offence is planted in an empty tree and must be named."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parents[2] / "tools" / "check_layers.py"


class LayerCheck(unittest.TestCase):
    def run_on(self, files):
        with tempfile.TemporaryDirectory() as root:
            for name, text in files.items():
                path = pathlib.Path(root) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            done = subprocess.run([sys.executable, CHECK, root], capture_output=True, text=True, check=False)
            return done.returncode, done.stdout

    def test_allowed_edges_pass(self):
        code, out = self.run_on({"pki/csr.cc": '#include <openssl/x509.h>\n#include "core/result.h"\n#include "pki/csr.h"\n'})
        self.assertEqual((code, out), (0, ""))

    def test_forbidden_edge(self):
        code, out = self.run_on({"acme/client.cc": '#include "db/order_store.h"\n'})
        self.assertEqual(code, 1)
        self.assertIn("acme/ may not include db/", out)

    def test_parent_path(self):
        code, out = self.run_on({"core/x.cc": '#include "../db/order_store.h"\n'})
        self.assertEqual(code, 1)
        self.assertIn("'..'", out)

    def test_third_party_out_of_its_folder(self):
        code, out = self.run_on({"service/rpc/x.cc": "#include <pqxx/pqxx>\n"})
        self.assertEqual(code, 1)
        self.assertIn("<pqxx/pqxx> belongs to db", out)

    def test_subfolder_is_its_own_layer(self):
        code, out = self.run_on({"acme/http/x.cc": '#include "acme/messages.h"\n', "acme/y.cc": "#include <curl/curl.h>\n"})
        self.assertEqual(code, 1)
        self.assertIn("acme/http/ may not include acme/", out)
        self.assertIn("<curl/curl.h> belongs to acme/http", out)

    def test_a_page_that_says_otherwise(self):
        code, out = self.run_on({"docs/architecture.md": "| folder | owns | may include |\n| `db/` | rows | core, acme |\n"})
        self.assertEqual(code, 1)
        self.assertIn("docs/architecture.md: db/ may include", out)


if __name__ == "__main__":
    unittest.main()
