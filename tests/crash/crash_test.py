"""Kills a process that dispatches into an outbox, again and again, and the stream too, and looks
whether every event that was reported stored before a kill is in the stream: in order per key, and
twice only where that was said to be possible.

LK_CRASH_KILLS: how often; ./dev soak asks for hundreds."""

import collections
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

CHILD = os.environ["LK_CRASH_CHILD"]
TOOL = os.environ["LK_TOOL"]
KILLS = int(os.environ.get("LK_CRASH_KILLS", "40"))
SEED = int(os.environ.get("LK_CRASH_SEED", random.randrange(1 << 30)))
# Far beyond what anything takes on a slow machine; only a hang is as long.
PATIENCE = 120
# Room for what one run may dispatch.
NUMBERS_A_RUN = 10_000_000


def environment():
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    kept.update(AWS_EC2_METADATA_DISABLED="true", AWS_CONFIG_FILE="/dev/null",
                AWS_SHARED_CREDENTIALS_FILE="/dev/null")
    return kept


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Stream:
    """lk-dispatch local on a folder, killed and started again on the same port."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [TOOL, "local", "--port", str(self.port), "--data", self.folder, "--stream", "crash:3"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=environment())
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.02)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def events(self):
        """The numbers of all events, by key, in the order of the stream."""
        out = subprocess.run(
            [TOOL, "tail", "--endpoint", self.endpoint, "--region", "us-east-1", "--stream",
             "crash"], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE,
            env=environment()).stdout
        by_key = collections.defaultdict(list)
        for line in out.decode().splitlines():
            event = json.loads(line)
            by_key[event["source"]["kinesisPartitionKey"]].append(event["data"])
        return by_key


class Child:
    """A run of the program; what it said is kept whatever becomes of it."""

    def __init__(self, *words):
        self.lines = []
        self.process = subprocess.Popen([CHILD, *words], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=environment())
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        self.errors = []
        self.error_reader = threading.Thread(
            target=lambda: self.errors.extend(self.process.stderr))
        self.error_reader.start()

    def _read(self):
        for line in self.process.stdout:
            if line.endswith(b"\n"):
                self.lines.append(line.decode().rstrip("\n"))

    def end(self):
        self.process.wait(PATIENCE)
        self.reader.join()
        self.error_reader.join()
        self.process.stdout.close()
        self.process.stderr.close()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.end()


class Crash(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lk-crash-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.stream = Stream(os.path.join(self.folder, "stream"))
        self.addCleanup(self.stream.kill)
        self.random = random.Random(SEED)
        self.stored = set()
        self.told_duplicate = set()
        self.told_by_a_later_run = set()
        self.failed = []

    def listen(self, child):
        for line in child.lines:
            what, number, *rest = line.split(" ", 2)
            if what == "s":
                self.stored.add(int(number))
            elif what in ("p", "r"):
                if what == "r":
                    self.told_by_a_later_run.add(int(number))
                if rest == ["1"]:
                    self.told_duplicate.add(int(number))
            elif what == "f":
                self.failed.append(line)

    def run_child(self, run, *words):
        return Child("--endpoint", self.stream.endpoint, "--outbox",
                     os.path.join(self.folder, "outbox"), "--first",
                     str(run * NUMBERS_A_RUN), *words)

    def check(self):
        by_key = self.stream.events()
        copies = collections.Counter(n for numbers in by_key.values() for n in numbers)
        missing = sorted(self.stored - set(copies))
        self.assertFalse(missing, f"seed {SEED}: stored, and not in the stream")
        self.assertFalse(self.failed, f"seed {SEED}")
        for key, numbers in by_key.items():
            firsts = list(dict.fromkeys(numbers))
            if key.startswith("key-"):
                self.assertEqual(firsts, sorted(firsts), f"seed {SEED}: order of {key}")
        # Of an event that nobody was told of any more nobody could say it.
        silent = [n for n, count in copies.items()
                  if count > 1 and n not in self.told_duplicate and n in self.told_by_a_later_run]
        self.assertFalse(silent, f"seed {SEED}: twice in the stream, and nobody said so")
        return copies

    def crash(self, sync, kills, *words):
        for run in range(kills):
            child = self.run_child(run, "--sync", sync, *words)
            time.sleep(self.random.uniform(0.02, 0.4))
            if self.random.random() < 0.25:
                self.stream.kill()
                time.sleep(self.random.uniform(0, 0.3))
                if self.random.random() < 0.5:
                    child.kill()
                    self.listen(child)
                    self.stream.start()
                    continue
                self.stream.start()
                time.sleep(self.random.uniform(0, 0.2))
            child.kill()
            self.listen(child)
        # A last run that nobody kills sends what is left.
        child = self.run_child(kills, "--sync", sync, "--count", "1")
        child.end()
        self.listen(child)
        self.assertEqual(child.lines[-1], "end 0", f"seed {SEED}: {child.errors}")
        copies = self.check()
        self.assertGreater(len(self.stored), kills, "something was stored at all")
        print(f"{sync}: {kills} kills, seed {SEED}: {len(self.stored):,} events reported stored, "
              f"{len(copies):,} in the stream, {sum(copies.values()) - len(copies):,} second copies",
              file=sys.stderr)

    def test_every_commit(self):
        self.crash("every_commit", KILLS // 2, "--random-keys")

    def test_os(self):
        # SIGKILL leaves the system's memory as it is, so this loses nothing either.
        self.crash("os", KILLS // 2)


if __name__ == "__main__":
    unittest.main()
