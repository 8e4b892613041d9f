"""A run of the program that dispatches numbered events while something is done to its network."""

import os
import random
import shutil
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "numbered"))
from numbered import PATIENCE, Account, Child, Stream  # noqa: E402

ROUNDS = int(os.environ.get("LK_NETWORK_ROUNDS", "1"))
SEED = int(os.environ.get("LK_NETWORK_SEED", random.randrange(1 << 30)))
KEYS = 40
# Seconds that the child gives a request, and more than that.
PATIENCE_OF_CHILD = 0.6
BEYOND_A_REQUEST = 1.0


class HarmedRun(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lk-network-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def stream(self, address="127.0.0.1"):
        stream = Stream(tempfile.mkdtemp(dir=self.folder), address)
        self.addCleanup(stream.kill)
        return stream

    def run_child(self, stream, endpoint, outbox, harm):
        """`harm` is called once events go through, and they go on until it returns. Then looks at
        what became of all; returns how often each is in the stream."""
        words = ["--outbox", tempfile.mkdtemp(dir=self.folder)] if outbox else []
        child = Child("--endpoint", endpoint, "--keys", str(KEYS), "--random-keys", "--until-eof",
                      "--patience", str(round(PATIENCE_OF_CHILD * 1000)), *words)
        self.addCleanup(child.kill)
        self.assertTrue(child.wait_for("p "), "the first event goes through")
        harm()
        child.end()
        # Not the last line: callbacks may be under way when close() returns.
        self.assertIn("end 0", child.lines, child.errors)
        account = Account(self, self.id())
        account.listen(child)
        self.assertEqual(account.published, set(range(child.dispatched())))
        copies = account.check(stream.events())
        stream.kill()
        return copies

    def wait_until(self, happened):
        deadline = time.monotonic() + PATIENCE
        while not happened():
            self.assertLess(time.monotonic(), deadline, "it never happened")
            time.sleep(0.01)
