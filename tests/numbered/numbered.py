"""Numbered events: the program that dispatches them, the stream that they go to, and the account of
what became of them."""

import collections
import json
import os
import re
import socket
import subprocess
import threading
import time

CHILD = os.environ["LK_NUMBERED_CHILD"]
TOOL = os.environ["LK_TOOL"]
# Far beyond what anything takes on a slow machine; only a hang is as long.
PATIENCE = 120


def environment(**changes):
    """The environment without what could lead a client elsewhere."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith("AWS_") and not name.lower().endswith("_proxy")}
    kept.update(AWS_EC2_METADATA_DISABLED="true", AWS_CONFIG_FILE="/dev/null",
                AWS_SHARED_CREDENTIALS_FILE="/dev/null", AWS_ACCESS_KEY_ID="local",
                AWS_SECRET_ACCESS_KEY="local", **changes)
    return kept


def free_port(address="127.0.0.1"):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


class Stream:
    """lk-dispatch local on a folder, killed and started again on the same port."""

    def __init__(self, folder, address="127.0.0.1", options=()):
        self.folder = folder
        self.address = address
        self.port = free_port(address)
        self.endpoint = f"http://{address}:{self.port}"
        self.options = options
        self.process = None
        self.start()

    def start(self):
        self.begin()
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection((self.address, self.port), timeout=1).close()
                if self.process.poll() is None:
                    return
            except OSError:
                if time.monotonic() > deadline:
                    raise
            if self.process.poll() is not None:
                # While it was down another test may have been given its port, for a moment.
                if time.monotonic() > deadline:
                    raise RuntimeError(f"port {self.port} stays somebody else's")
                self.begin()
            time.sleep(0.02)

    def begin(self):
        self.process = subprocess.Popen(
            [TOOL, "local", "--address", self.address, "--port", str(self.port), "--data",
             self.folder, "--stream", "numbered:3", *self.options],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=environment())

    def kill(self):
        self.process.kill()
        self.process.wait()

    def events(self):
        """The numbers of all events, by key, in the order of the stream."""
        out = subprocess.run(
            [TOOL, "tail", "--endpoint", self.endpoint, "--region", "us-east-1", "--stream",
             "numbered"], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            timeout=PATIENCE, env=environment()).stdout
        by_key = collections.defaultdict(list)
        for line in out.decode().splitlines():
            event = json.loads(line)
            by_key[event["source"]["kinesisPartitionKey"]].append(event["data"])
        return by_key


class Child:
    """A run of the program; what it said is kept whatever becomes of it."""

    def __init__(self, *words, **changes):
        self.lines = []
        self.said = threading.Condition()
        self.process = subprocess.Popen([CHILD, *words], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=environment(**changes))
        self.errors = []
        self.reader = threading.Thread(target=self._read, args=(self.process.stdout, self.lines))
        self.reader.start()
        self.error_reader = threading.Thread(target=self._read,
                                             args=(self.process.stderr, self.errors))
        self.error_reader.start()

    def _read(self, pipe, lines):
        for line in pipe:
            if line.endswith(b"\n"):
                with self.said:
                    lines.append(line.decode(errors="replace").rstrip("\n"))
                    self.said.notify_all()

    def wait_for(self, pattern, count=1):
        """Until so many lines match; False when it is over before that."""
        deadline = time.monotonic() + PATIENCE
        with self.said:
            while sum(1 for line in self.lines if re.match(pattern, line)) < count:
                if not self.reader.is_alive() or time.monotonic() > deadline:
                    return False
                self.said.wait(0.1)
        return True

    def stop_dispatching(self):
        """For one that dispatches until the end of its input."""
        self.process.stdin.close()

    def dispatched(self):
        """How many events it did dispatch, once it has ended."""
        return next(int(line[2:]) for line in self.lines if line.startswith("d "))

    def end(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        self.reader.join()
        self.error_reader.join()
        self.process.stdout.close()
        self.process.stderr.close()

    def kill(self):
        self.process.kill()
        self.end()


class Account:
    """What runs said of their events, against what is in the stream."""

    def __init__(self, test, name):
        self.test = test
        self.name = name  # stands in every message
        self.stored = set()
        self.published = set()
        self.told_duplicate = set()
        self.told_by_a_later_run = set()
        self.failed = []

    def listen(self, child):
        for line in child.lines:
            what, number, *rest = line.split(" ", 2)
            if what == "s":
                self.stored.add(int(number))
            elif what in ("p", "r"):
                self.published.add(int(number))
                if what == "r":
                    self.told_by_a_later_run.add(int(number))
                if rest == ["1"]:
                    self.told_duplicate.add(int(number))
            elif what == "f":
                self.failed.append(line)

    def check(self, by_key, may_be_silent=frozenset()):
        """Nothing is lost, the first copies of a key are in order, and there are second ones only
        where somebody was told so, but for `may_be_silent`. Returns how often each is there."""
        copies = collections.Counter(n for numbers in by_key.values() for n in numbers)
        missing = sorted((self.stored | self.published) - set(copies))
        self.test.assertFalse(missing[:20], f"{self.name}: stored or published, and not in the stream")
        self.test.assertFalse(self.failed, self.name)
        for key, numbers in by_key.items():
            firsts = list(dict.fromkeys(numbers))
            if key.startswith("key-"):
                self.test.assertEqual(firsts, sorted(firsts), f"{self.name}: order of {key}")
        silent = {n for n, count in copies.items() if count > 1}
        silent -= self.told_duplicate | may_be_silent
        self.test.assertFalse(sorted(silent)[:20], f"{self.name}: twice in the stream, and nobody said so")
        return copies
