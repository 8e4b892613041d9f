"""Kills a process that dispatches into an outbox, again and again, and the stream too, and looks
whether every event that was reported stored before a kill is in the stream: in order per key, and
twice only where that was said to be possible.

LK_CRASH_KILLS: how often; ./dev soak asks for hundreds."""

import os
import random
import shutil
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "numbered"))
from numbered import Account, Child, Stream  # noqa: E402

KILLS = int(os.environ.get("LK_CRASH_KILLS", "40"))
SEED = int(os.environ.get("LK_CRASH_SEED", random.randrange(1 << 30)))
# Room for what one run may dispatch.
NUMBERS_A_RUN = 10_000_000


class Crash(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lk-crash-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.stream = Stream(os.path.join(self.folder, "stream"))
        self.addCleanup(self.stream.kill)
        self.random = random.Random(SEED)
        self.account = Account(self, f"seed {SEED}")

    def run_child(self, run, *words):
        return Child("--endpoint", self.stream.endpoint, "--outbox",
                     os.path.join(self.folder, "outbox"), "--first",
                     str(run * NUMBERS_A_RUN), *words)

    def check(self):
        by_key = self.stream.events()
        # Of an event that nobody was told of any more nobody could say it.
        untold = {n for numbers in by_key.values() for n in numbers}
        return self.account.check(by_key, untold - self.account.told_by_a_later_run)

    def crash(self, sync, kills, *words):
        for run in range(kills):
            child = self.run_child(run, "--sync", sync, *words)
            if run % 4 == 0:  # on the slowest machine, too, something is stored
                child.wait_for("s ")
            time.sleep(self.random.uniform(0.02, 0.4))
            if self.random.random() < 0.25:
                self.stream.kill()
                time.sleep(self.random.uniform(0, 0.3))
                if self.random.random() < 0.5:
                    child.kill()
                    self.account.listen(child)
                    self.stream.start()
                    continue
                self.stream.start()
                time.sleep(self.random.uniform(0, 0.2))
            child.kill()
            self.account.listen(child)
        # A last run that nobody kills sends what is left.
        child = self.run_child(kills, "--sync", sync, "--count", "1")
        child.end()
        self.account.listen(child)
        self.assertEqual(child.lines[-1], "end 0", f"seed {SEED}: {child.errors}")
        copies = self.check()
        stored = self.account.stored
        self.assertGreater(len(stored), kills, "something was stored at all")
        print(f"{sync}: {kills} kills, seed {SEED}: {len(stored):,} events reported stored, "
              f"{len(copies):,} in the stream, {sum(copies.values()) - len(copies):,} second copies",
              file=sys.stderr)

    def test_every_commit(self):
        self.crash("every_commit", KILLS // 2, "--random-keys")

    def test_os(self):
        # SIGKILL leaves the system's memory as it is, so this loses nothing either.
        self.crash("os", KILLS // 2)


if __name__ == "__main__":
    unittest.main()
