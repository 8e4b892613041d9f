"""lk-dispatch tail: records, a line each."""

import array
import fcntl
import json
import signal
import subprocess
import termios
import time

import tool
from tool import CommandTest, environment, lk_dispatch

LAST_HASH_KEY = str(2**128 - 1)


class TailTest(CommandTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve("--stream", "events:2", "--stream", "empty")
        self.at = ["--endpoint", self.server.endpoint, "--stream", "events"]

    def put(self, data, hash_key="0"):
        return lk_dispatch("put", *self.at, "--producer-id", "p", "--type", "t", "--data",
                           json.dumps(data), "--explicit-hash-key", hash_key, status=0).lines[0]

    def follow(self, *words):
        tail = self.start("tail", *self.at, "--follow", *words)
        tail.wait_for(tail.err, "following 2 shards")
        return tail

    def test_prints_shard_by_shard_in_order(self):
        second = [self.put(number, LAST_HASH_KEY) for number in range(3)]
        first = [self.put(number, "0") for number in range(3)]
        done = lk_dispatch("tail", *self.at, status=0)
        self.assertEqual(done.lines, first + second)

    def test_prints_many_records_whole(self):
        lines = "".join(f'{{"n":{number},"pad":"{"x" * 500}"}}\n' for number in range(6000))
        lk_dispatch("send", *self.at, "--producer-id", "p", "--type", "t", stdin=lines, status=0)
        numbers = [json.loads(line)["data"]["n"]
                   for line in lk_dispatch("tail", *self.at, status=0).lines]
        self.assertEqual(sorted(numbers), list(range(6000)))

    def test_an_empty_stream_prints_nothing(self):
        done = lk_dispatch("tail", "--endpoint", self.server.endpoint, "--stream", "empty", status=0)
        self.assertEqual(done.out, "")

    def test_from_latest_without_follow_prints_nothing_and_says_why(self):
        self.put(1)
        done = lk_dispatch("tail", *self.at, "--from", "latest", status=0)
        self.assertEqual(done.out, "")
        self.assertIn("--follow", done.err)

    def test_follow_prints_what_was_there_and_what_comes(self):
        before = self.put("before")
        tail = self.follow()
        tail.wait_for(tail.out, "before")
        after = [self.put("after", LAST_HASH_KEY), self.put("after too")]
        self.assertNotEqual(before, after[0])
        for _ in after:
            tail.wait_for(tail.out, "after")

    def test_follow_from_latest_prints_only_what_comes(self):
        self.put("before")
        tail = self.follow("--from", "latest")
        self.put("after")
        self.assertIn("after", tail.out.get(timeout=tool.PATIENCE))

    def test_follow_ends_on_an_interrupt_with_status_0(self):
        for number in [signal.SIGINT, signal.SIGTERM]:
            tail = self.follow()
            tail.interrupt(number)
            self.assertEqual(tail.status(), 0)

    def test_an_interrupt_ends_it_though_nobody_reads_what_it_prints(self):
        for number in range(40):
            self.put("x" * 10_000 + str(number))
        for words, status in [(["--follow"], 0), ([], 130)]:
            tail = subprocess.Popen([tool.TOOL, "tail", *self.at, *words], stdout=subprocess.PIPE,
                                    stderr=subprocess.DEVNULL, env=environment())
            self.addCleanup(tail.stdout.close)
            self.addCleanup(tail.kill)
            self.wait_until_full(tail.stdout)
            tail.send_signal(signal.SIGINT)
            self.assertEqual(tail.wait(timeout=tool.PATIENCE), status)

    def test_an_interrupt_ends_it_though_kinesis_has_gone(self):
        tail = self.follow()
        self.server.stop()
        # Long enough to find out, and to wait for it to come back.
        time.sleep(2.5)
        tail.interrupt()
        self.assertEqual(tail.status(), 0)

    @staticmethod
    def wait_until_full(pipe):
        most = fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ)
        held = array.array("i", [0])
        deadline = time.monotonic() + tool.PATIENCE
        while held[0] < most and time.monotonic() < deadline:
            time.sleep(0.01)
            fcntl.ioctl(pipe, termios.FIONREAD, held)
        assert held[0] >= most, f"{held[0]} of {most} bytes"

    def test_a_reader_that_has_enough_ends_it_quietly(self):
        for number in range(20):
            self.put("x" * 10_000 + str(number))
        done = subprocess.run(
            ["/bin/sh", "-c", f'("{tool.TOOL}" tail {" ".join(self.at)}; echo status $? >&2) '
             "| head -n 1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
            timeout=tool.PATIENCE)
        self.assertEqual(len(done.stdout.splitlines()), 1)
        told = done.stderr.decode().splitlines()
        self.assertEqual(told[-1], "status 0")
        self.assertNotIn("failed", done.stderr.decode())

    def test_a_follower_whose_reader_has_gone_ends_without_a_new_record(self):
        tail = subprocess.Popen([tool.TOOL, "tail", *self.at, "--follow"], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, env=environment())
        self.addCleanup(tail.kill)
        tail.stdout.close()
        self.assertEqual(tail.wait(timeout=tool.PATIENCE), 0)

    def test_a_full_disk_is_status_1(self):
        self.put(1)
        with open("/dev/full", "wb") as full:
            done = lk_dispatch("tail", *self.at, stdout=full, status=1)
        self.assertIn("No space left", done.err)

    def test_a_stream_that_does_not_exist_is_status_1(self):
        done = lk_dispatch("tail", "--endpoint", self.server.endpoint, "--stream", "nowhere",
                           status=1)
        self.assertIn("nowhere", done.err)

    def test_another_place_to_begin_than_the_two_is_refused(self):
        self.assert_refused("tail", *self.at, "--from", "trim_horizon",
                            saying=["--from", '"trim_horizon"', "trim-horizon, latest"])

    def test_a_stream_in_memory_alone_can_not_be_read(self):
        self.assert_refused("tail", "--stream", "s", "--local", saying=["--local=DIR"])

    def test_a_directory_that_is_not_there_is_refused_and_not_made(self):
        data = self.directory / "data"
        self.assert_refused("tail", "--stream", "s", f"--local={data}", saying=[str(data)])
        self.assertFalse(data.exists())

    def test_a_directory_that_holds_no_stream_is_refused_and_left_alone(self):
        self.file("mine", "my own")
        self.assert_refused("tail", "--stream", "s", f"--local={self.directory}",
                            saying=["no stream was ever kept", str(self.directory)])
        self.assertEqual([path.name for path in self.directory.iterdir()], ["mine"])

    def test_a_directory_that_can_not_be_looked_into_is_no_empty_one(self):
        # A link to itself can be looked into by nobody, not even by root.
        loop = self.directory / "loop"
        loop.symlink_to(loop)
        data = self.directory / "data"
        data.mkdir()
        (data / "streams.db").symlink_to(loop)
        for directory in [loop, data]:
            self.assert_refused("tail", "--stream", "s", f"--local={directory}", status=3,
                                saying=[f'can not read "{directory}"', "symbolic links"])

    def test_json_on_the_wire_prints_the_same(self):
        line = self.put("é")
        done = lk_dispatch("tail", *self.at, "--wire-format", "json", status=0)
        self.assertEqual(done.lines, [line])
