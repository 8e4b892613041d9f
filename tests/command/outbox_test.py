"""What must not be lost: --outbox, --print, --dead-letters, outbox and redrive."""

import json
import os
import subprocess
import time
import unittest

import tool
from tool import CommandTest, environment, lk_dispatch

EVENT = ["--stream", "events", "--producer-id", "p", "--type", "t"]
# Nobody listens there.
NOWHERE = ["--endpoint", "http://127.0.0.1:9", "--region", "us-east-1"]


class OutboxTest(CommandTest):
    def setUp(self):
        super().setUp()
        self.outbox = self.path("outbox")

    def path(self, name):
        return str(self.directory / name)

    def start_server(self):
        return self.serve("--stream", "events:1")

    def tail(self, server):
        lines = lk_dispatch("tail", "--endpoint", server.endpoint, "--region", "us-east-1",
                            "--stream", "events", status=0).lines
        return [json.loads(line) for line in lines]

    def put_nowhere(self, data):
        return lk_dispatch("put", *NOWHERE, *EVENT, "--outbox", self.outbox, "--data", data,
                           "--partition-key", "k", "--deliver-within", "1", "--outbox-sync", "os",
                           status=1)

    def test_what_cannot_be_published_stays_and_the_next_run_publishes_it_first(self):
        self.assertIn("stays in the outbox", self.put_nowhere("1").err)
        self.assertIn("2 events are", self.put_nowhere("2").err)
        server = self.start_server()
        lk_dispatch("put", "--endpoint", server.endpoint, "--region", "us-east-1", *EVENT,
                    "--outbox", self.outbox, "--data", "3", "--partition-key", "k", status=0)
        self.assertEqual([event["data"] for event in self.tail(server)], [1, 2, 3])

    def test_people_can_look_inside_and_retry(self):
        self.put_nowhere('{"n":1}')
        self.assertRegex(lk_dispatch("outbox", "ls", self.outbox, status=0).out,
                         r"^events\t1 event\t\d+ KiB\toldest .* ago\n$")
        shown = json.loads(lk_dispatch("outbox", "show", self.outbox, status=0).out)
        self.assertEqual(shown["data"], {"n": 1})
        exported = lk_dispatch("outbox", "export", self.outbox, status=0).out
        self.assertEqual(json.loads(exported)["event"], shown)
        server = self.start_server()
        lk_dispatch("outbox", "retry", self.outbox, "--endpoint", server.endpoint, "--region",
                    "us-east-1", status=0)
        self.assertEqual(self.tail(server), [shown])
        self.assertEqual(lk_dispatch("outbox", "show", self.outbox, status=0).out, "")

    def test_an_export_is_redriven_byte_for_byte(self):
        self.put_nowhere('{"big":9007199254740993}')
        exported = lk_dispatch("outbox", "export", self.outbox, status=0).out
        shown = lk_dispatch("outbox", "show", self.outbox, status=0).out
        server = self.start_server()
        lk_dispatch("redrive", "-", "--stream", "events", "--endpoint", server.endpoint,
                    "--region", "us-east-1", stdin=exported, status=0)
        self.assertEqual(lk_dispatch("tail", "--endpoint", server.endpoint, "--region",
                                     "us-east-1", "--stream", "events", status=0).out, shown)

    def test_send_prints_what_is_stored_and_what_is_published(self):
        server = self.start_server()
        there = ["--endpoint", server.endpoint, "--region", "us-east-1"]
        for stage in ["stored", "published"]:
            done = lk_dispatch("send", *there, *EVENT, "--outbox", self.outbox, "--print", stage,
                               stdin='{"a":1}\n{"a":2}\n', status=0)
            ids = [line.split("\t")[0] for line in done.lines]
            self.assertEqual([line.split("\t")[1] for line in done.lines],
                             ['{"a":1}', '{"a":2}'])
            self.assertEqual([event["id"] for event in self.tail(server)][-2:], ids)

    def test_what_is_stored_is_printed_at_once_although_nothing_is_published(self):
        sending = self.start("send", *NOWHERE, *EVENT, "--outbox", self.outbox, "--print",
                             "stored", "-", stdin=subprocess.PIPE)
        sending.write('{"n":1}\n')
        sending.wait_for(sending.out, r'\t\{"n":1\}$')
        sending.process.kill()
        sending.status()
        shown = lk_dispatch("outbox", "show", self.outbox, status=0).lines
        self.assertEqual([json.loads(line)["data"] for line in shown], [{"n": 1}])

    # More than the stream would have to take within a second for the reading to wait for it.
    def test_all_is_stored_where_nothing_is_published_however_much_it_is(self):
        lines = self.path("lines.ndjson")
        with open(lines, "w", encoding="utf-8") as file:
            file.writelines('{"n":%d}\n' % number for number in range(80_000))
        sending = self.start("send", *NOWHERE, *EVENT, "--outbox", self.outbox, "--outbox-sync",
                             "os", "--print", "stored", lines)
        sending.wait_for(sending.out, r'\t\{"n":79999\}$')
        sending.process.kill()
        sending.status()
        self.assertRegex(lk_dispatch("outbox", "ls", self.outbox, status=0).out,
                         r"^events\t80000 events\t")

    def test_an_interrupt_leaves_the_rest_for_the_next_run(self):
        sending = self.start("send", *NOWHERE, *EVENT, "--outbox", self.outbox, "-",
                             stdin=subprocess.PIPE)
        sending.write('{"n":1}\n')
        sending.wait_for(sending.err, "failed")
        sending.interrupt()
        self.assertEqual(sending.status(), 130)
        self.assertIn("stays in the outbox", "\n".join(sending.rest_of(sending.err)))

    def leave_one(self, *words):
        """By a run that is killed once the event is stored. Returns when that was."""
        sending = self.start("send", *NOWHERE, *EVENT, "--outbox", self.outbox, "--print",
                             "stored", *words, "-", stdin=subprocess.PIPE)
        sending.write('{"n":1}\n')
        sending.wait_for(sending.out, r'\t\{"n":1\}$')
        at = time.monotonic()
        sending.process.kill()
        sending.status()
        return at

    # The stream is there for the second: were the time between them not counted, it would publish
    # the event.
    def test_a_deadline_that_passes_while_no_process_runs_is_missed(self):
        letters = self.path("dead.ndjson")
        within = ["--deliver-within", "3", "--dead-letters", letters]
        stored_at = self.leave_one(*within)
        server = self.start_server()
        time.sleep(max(stored_at + 3.5 - time.monotonic(), 0))
        done = lk_dispatch("send", "--endpoint", server.endpoint, "--region", "us-east-1", *EVENT,
                           "--outbox", self.outbox, *within)
        with open(letters, encoding="utf-8") as file:
            letter = json.loads(file.read())
        self.assertEqual(letter["event"]["data"], {"n": 1})
        self.assertEqual(letter["reason"]["code"], "not_in_time", done.err)
        self.assertEqual(self.tail(server), [])
        self.assertEqual(lk_dispatch("outbox", "show", self.outbox, status=0).out, "")

    def test_with_time_left_the_next_process_publishes_it(self):
        self.leave_one("--deliver-within", "600")
        server = self.start_server()
        lk_dispatch("send", "--endpoint", server.endpoint, "--region", "us-east-1", *EVENT,
                    "--outbox", self.outbox, "--deliver-within", "600", status=0)
        self.assertEqual([event["data"] for event in self.tail(server)], [{"n": 1}])

    def test_dead_letters_are_redriven(self):
        server = self.script(400, {"__type": "InvalidArgumentException", "message": "guilty"})
        letters = self.path("dead.ndjson")
        lk_dispatch("put", "--endpoint", server.endpoint, "--region", "us-east-1", "--wire-format",
                    "json", *EVENT, "--data", "1", "--id", "my id", "--dead-letters", letters,
                    status=1)
        with open(letters, encoding="utf-8") as file:
            letter = json.loads(file.read())
        self.assertEqual(letter["event"]["id"], "my id")
        self.assertEqual(letter["reason"]["code"], "invalid_request")
        self.assertIn("guilty", letter["reason"]["message"])
        local = self.start_server()
        lk_dispatch("redrive", letters, "--stream", "events", "--endpoint", local.endpoint,
                    "--region", "us-east-1", status=0)
        self.assertEqual(self.tail(local), [letter["event"]])

    def test_a_damaged_outbox_is_told_of_by_whoever_opens_it(self):
        self.put_nowhere("1")
        with open(self.path("outbox/outbox.db"), "r+b") as file:
            file.write(b"no database any more")
        told = self.put_nowhere("2").err
        self.assertIn("the file is damaged", told)
        self.assertIn("1 record in 1 page saved", told)
        self.assertIn(self.path("outbox/damaged-"), told)

    def test_mistakes_are_told(self):
        self.assert_refused("send", *NOWHERE, *EVENT, "--print", "stored",
                            saying=["--print stored", "--outbox DIR"])
        self.assert_refused("outbox", "lst", self.outbox, saying=['"lst"', "ls, show"])
        missing = lk_dispatch("outbox", "ls", self.path("nothing"))
        self.assertIn(self.path("nothing"), missing.err)
        self.assertEqual(missing.returncode, 3)
        self.assertFalse(os.path.exists(self.path("nothing")), "looking makes nothing")
        holder = self.start("send", *NOWHERE, *EVENT, "--outbox", self.outbox, "--print", "stored",
                            "-", stdin=subprocess.PIPE)
        holder.write('{"n":1}\n')
        holder.wait_for(holder.out, "n")
        for words in [["outbox", "ls", self.outbox],
                      ["put", *NOWHERE, *EVENT, "--outbox", self.outbox]]:
            held = lk_dispatch(*words, status=3)
            self.assertIn(f"process {holder.process.pid}", held.err)
            self.assertNotIn("--help", held.err)
        with open(self.path("file"), "w", encoding="utf-8"):
            pass
        for words in [["outbox", "show", self.path("file")],
                      ["put", *NOWHERE, *EVENT, "--outbox", self.path("file")]]:
            self.assertRegex(lk_dispatch(*words, status=3).err, "(?i)not a (folder|directory)")
        self.assert_refused("redrive", self.path("file"), "--stream", "events", *NOWHERE,
                            "--dead-letters", self.path("file"),
                            saying=["--dead-letters", "name another"])
        bad = lk_dispatch("redrive", "-", "--stream", "events", *NOWHERE, stdin="{}\n", status=1)
        self.assertIn("stdin:1", bad.err)
        self.assertIn("no event", bad.err)


class HardeningTest(unittest.TestCase):
    def test_the_command_is_hardened_as_the_documentation_says(self):
        read = subprocess.run(["readelf", "--wide", "--file-header", "--program-headers",
                               "--dynamic", "--dyn-syms", tool.TOOL], check=True,
                              stdout=subprocess.PIPE, env=environment()).stdout.decode()
        self.assertRegex(read, r"Type:\s+DYN", "position-independent")
        self.assertIn("GNU_RELRO", read)
        self.assertRegex(read, r"FLAGS.*(BIND_NOW|NOW)")
        self.assertRegex(read, r"GNU_STACK\s+\S+\s+\S+\s+\S+\s+\S+\s+\S+\s+RW\s", "no code there")
        if "__asan_init" in read or "__tsan_init" in read:
            self.skipTest("a sanitizer's build is not what is released")
        self.assertIn("__stack_chk_fail", read)
        self.assertRegex(read, r"__\w+_chk@")
