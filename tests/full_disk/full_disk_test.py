"""A disk that is full, has room, and is full again, under a program that dispatches numbered events
into an outbox on it: what was reported stored is sent, in order per key, also while there is no
room; the rest is published from memory; and the outbox is whole afterwards.

LK_FULL_DISK_ROUNDS: how often it is full; ./dev soak asks for more."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "numbered"))
import small_disk  # noqa: E402
from numbered import PATIENCE, TOOL, Account, Child, Stream, environment  # noqa: E402
from small_disk import Ballast, SmallDisk  # noqa: E402

ROUNDS = int(os.environ.get("LK_FULL_DISK_ROUNDS", "2"))
FULL = "cannot be written"
ROOM = "can be written again"
# Room for what one run may dispatch.
NUMBERS_A_RUN = 10_000_000


class FullDisk(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lk-full-disk-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        # That is elsewhere, so it has room.
        self.stream = Stream(os.path.join(self.folder, "stream"))
        self.addCleanup(self.stream.kill)
        self.account = Account(self, self.id())
        self.logged = []

    def use_disk(self, mebibytes):
        self.disk = SmallDisk(mebibytes)
        self.addCleanup(self.disk.close)
        self.outbox = os.path.join(self.disk.path, "outbox")

    def run_child(self, run, *words):
        child = Child("--endpoint", self.stream.endpoint, "--outbox", self.outbox, "--keys", "40",
                      "--first", str(run * NUMBERS_A_RUN), "--random-keys", *words)
        self.addCleanup(child.kill)
        return child

    def fill(self):
        ballast = Ballast(self.disk)
        self.addCleanup(ballast.remove)
        return ballast

    def until(self, holds, what, child):
        deadline = time.monotonic() + PATIENCE
        while not holds():
            if child.process.poll() is not None or time.monotonic() > deadline:
                self.fail(f"{what}: {child.lines[-3:]}, {child.errors[-5:]}")
            time.sleep(0.02)

    def numbers(self, kinds, child):
        return {int(line.split()[1]) for line in list(child.lines) if line[0] in kinds}

    def store(self, more, child):
        enough = len(self.numbers("s", child)) + more
        self.until(lambda: len(self.numbers("s", child)) >= enough, "events are stored", child)

    def publish(self, numbers, child):
        self.until(lambda: numbers <= self.numbers("pr", child),
                   f"{len(numbers)} events are published", child)

    def publish_what_comes(self, child):
        last = max(self.numbers("s", child), default=-1)
        self.until(lambda: max(self.numbers("p", child), default=-1) > last,
                   f"events after {last} are published", child)

    def log(self, text, times, child):
        self.until(lambda: sum(text in line for line in list(child.errors)) >= times,
                   f'"{text}" is logged, {times} times', child)

    def listen(self, child):
        self.account.listen(child)
        self.logged += child.errors

    def check_end(self, child):
        """Of the last run, which ends by itself."""
        child.end()
        self.listen(child)
        self.assertIn("end 0", child.lines, child.errors[-5:])
        contents = subprocess.run([TOOL, "outbox", "ls", self.outbox], check=True,
                                  stdout=subprocess.PIPE, timeout=120, env=environment()).stdout
        self.assertIn(b"\t0 events\t", contents)
        self.assertFalse([name for name in os.listdir(self.outbox) if "damaged" in name])
        self.assertFalse([line for line in self.logged if "damaged" in line])
        by_key = self.stream.events()
        # Of an event that nobody was told of any more nobody could say that it is there twice.
        untold = {n for numbers in by_key.values() for n in numbers} - self.account.published
        return self.account.check(by_key, untold)

    def full_and_full_again(self, sync):
        self.use_disk(64)
        child = self.run_child(0, "--until-eof", "--sync", sync)
        for again in range(1, ROUNDS + 1):
            self.store_while_the_stream_is_away(child)
            ballast = self.fill()
            self.log(FULL, again, child)
            stored = self.numbers("s", child)
            self.stream.start()
            self.publish(stored, child)
            self.publish_what_comes(child)
            ballast.remove()
            self.log(ROOM, again, child)
        child.stop_dispatching()
        self.check_end(child)
        self.assertEqual(self.account.published, set(range(child.dispatched())))

    def store_while_the_stream_is_away(self, child):
        self.store(100, child)
        self.stream.kill()
        # More than half of what memory may hold, so that some is on the disk alone.
        self.store(1500, child)

    def test_full_and_full_again(self):
        self.full_and_full_again("every_commit")

    def test_full_and_full_again_without_fsync(self):
        self.full_and_full_again("os")

    def test_full_and_full_again_with_an_fsync_now_and_then(self):
        self.full_and_full_again("interval")

    def test_killed_while_it_is_full(self):
        self.use_disk(64)
        for run in range(0, 2 * ROUNDS, 2):
            child = self.run_child(run)
            self.store_while_the_stream_is_away(child)
            ballast = self.fill()
            self.log(FULL, 1, child)
            child.kill()
            self.listen(child)
            left = self.numbers("s", child) - self.numbers("p", child)
            self.stream.start()
            child = self.run_child(run + 1, "--until-eof")
            self.publish(left, child)
            self.publish_what_comes(child)
            child.kill()
            self.listen(child)
            ballast.remove()
        self.check_end(self.run_child(2 * ROUNDS, "--count", "1"))

    def test_filled_by_the_outbox_itself(self):
        self.use_disk(8)
        child = self.run_child(0, "--until-eof", "--bytes", "5000")
        for again in range(1, ROUNDS + 1):
            self.store(100, child)
            self.stream.kill()
            self.log(FULL, again, child)
            self.stream.start()
            self.publish_what_comes(child)
            # With nobody to make room but itself.
            self.log(ROOM, again, child)
        child.stop_dispatching()
        self.check_end(child)
        self.assertEqual(self.account.published, set(range(child.dispatched())))


if __name__ == "__main__":
    if small_disk.DISK not in os.environ:
        folder = tempfile.mkdtemp(prefix="lk-small-disk-")
        try:
            small_disk.enter(folder)
        finally:
            os.rmdir(folder)
    unittest.main()
