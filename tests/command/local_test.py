"""lk-dispatch local: a Kinesis on this machine."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import tool
from tool import CommandTest, LocalServer, lk_dispatch

# For what would open a port to others: nothing but the process itself is in there.
NO_NETWORK = ["unshare", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"])]

EVENT = ["--producer-id", "p", "--type", "t", "--stream", "events"]


def addresses_of_this_machine():
    """The one that packets to the world would leave from, if there is a way to it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # Sends nothing (UDP).
            return [probe.getsockname()[0]]
        except OSError:
            return []


class LocalTest(CommandTest):
    def put(self, server, *words, status=0):
        return lk_dispatch("put", "--endpoint", server.endpoint, *EVENT, *words, status=status)

    def tail(self, server, *words):
        return lk_dispatch("tail", "--endpoint", server.endpoint, "--stream", "events", *words,
                           status=0).lines

    def test_serves_until_it_is_interrupted_and_then_ends_with_status_0(self):
        for number in [signal.SIGINT, signal.SIGTERM]:
            server = self.serve("--stream", "events")
            self.put(server)
            server.interrupt(number)
            self.assertEqual(server.status(), 0)
            self.assertEqual(server.rest_of(server.out), [])

    def test_a_directory_keeps_records_across_runs(self):
        data = f"{self.directory}/data"
        first = LocalServer("--data", data, "--stream", "events:3")
        self.addCleanup(first.stop)
        line = self.put(first).lines
        first.interrupt(signal.SIGTERM)
        self.assertEqual(first.status(), 0)
        self.assertEqual(self.tail(self.serve("--data", data)), line)

    def test_a_directory_in_use_is_status_3_and_names_the_holder(self):
        data = f"{self.directory}/data"
        server = self.serve("--data", data)
        self.assert_refused("local", "--port", "0", "--data", data, status=3,
                            saying=[data, str(server.process.pid)])

    def test_a_port_in_use_is_status_3_and_is_named(self):
        server = self.serve()
        self.assert_refused("local", "--port", server.port(), status=3,
                            saying=[server.port(), "choose another port"])

    def test_an_address_of_another_machine_is_status_3_and_the_mend_is_told(self):
        # Kept for documentation (RFC 5737), so no machine has it.
        self.assert_refused("local", "--port", "0", "--address", "192.0.2.1", status=3,
                            saying=["192.0.2.1", "choose an address of this machine"])

    def test_tls_towards_a_plain_port_is_told_with_the_options_own_name(self):
        server = self.serve("--stream", "events")
        done = lk_dispatch("tail", "--stream", "events", "--endpoint",
                           server.endpoint.replace("http:", "https:"), status=1)
        self.assertRegex(done.err, "handshake.*--ca-bundle")
        server.wait_for(server.err, "a client speaks TLS to this plain HTTP port")

    def test_tls_with_the_printed_certificate(self):
        server = self.serve("--tls", "--print-ca", "--stream", "events")
        self.assertTrue(server.endpoint.startswith("https://"))
        pem = []
        while not pem or "END CERTIFICATE" not in pem[-1]:
            pem.append(server.out.get(timeout=60))
        self.assertEqual(pem[0], "-----BEGIN CERTIFICATE-----")
        bundle = self.file("ca.pem", "\n".join(pem) + "\n")
        line = self.put(server, "--ca-bundle", bundle).lines
        self.assertEqual(self.tail(server, "--ca-bundle", bundle), line)
        distrusting = self.put(server, "--deliver-within", "5", status=1)
        self.assertIn("certificate", distrusting.err)

    def test_serves_on_when_the_reader_of_the_certificate_goes(self):
        reading, writing = os.pipe()
        os.close(reading)
        with subprocess.Popen([tool.TOOL, "local", "--port", "0", "--tls", "--print-ca"],
                              stdout=writing, stderr=subprocess.PIPE, env=tool.environment()) as run:
            os.close(writing)
            self.addCleanup(run.kill)
            port = re.search(r":(\d+)$", run.stderr.readline().decode().strip()).group(1)
            while b"or:" not in run.stderr.readline():
                pass
            # By now it has written, or is about to: an end would refuse one of these.
            for _ in range(20):
                socket.create_connection(("127.0.0.1", int(port)), timeout=tool.PATIENCE).close()
                time.sleep(0.01)
            run.send_signal(signal.SIGTERM)
            self.assertIn("lk-dispatch: stopped", run.stderr.read().decode())
            self.assertEqual(run.wait(timeout=tool.PATIENCE), 0)

    def test_discard_acknowledges_and_forgets(self):
        server = self.serve("--discard", "--stream", "events")
        self.assertEqual(len(self.put(server).lines), 1)
        self.assertEqual(self.tail(server), [])

    def test_enforced_limits_slow_a_sender_down_without_loss(self):
        server = self.serve("--enforce-limits", "--stream", "events")
        done = lk_dispatch("send", "--endpoint", server.endpoint, *EVENT, stdin="1\n" * 3000,
                           status=0)
        self.assertIn("published 3,000 ", done.err.splitlines()[-1])
        self.assertEqual(len(self.tail(server)), 3000)

    def test_enforced_limits_hold_for_readers_who_are_patient(self):
        server = self.serve("--enforce-limits", "--stream", "events:2")
        line = self.put(server).lines
        for _ in range(8):
            self.assertEqual(self.tail(server), line)

    def ask(self, server, operation, **members):
        """One request of the AWS API, whose signature nobody checks."""
        request = urllib.request.Request(
            server.endpoint, json.dumps(members).encode(),
            {"Content-Type": "application/x-amz-json-1.1",
             "X-Amz-Target": f"Kinesis_20131202.{operation}"})
        with urllib.request.urlopen(request, timeout=tool.PATIENCE) as answer:
            return json.loads(answer.read() or "null")

    def test_the_documented_fault_plan_can_be_pasted_and_loses_nothing(self):
        guide = pathlib.Path(__file__).parents[2] / "docs" / "local-stream.md"
        (plan,) = re.findall(r"```json\n(.*?)```", guide.read_text(), re.DOTALL)
        server = self.serve("--stream", "events:2", "--faults", self.file("faults.json", plan))
        server.wait_for(server.err, "--faults: things go wrong on purpose")
        sent = [json.dumps({"n": number}) for number in range(2000)]
        done = lk_dispatch("send", "--endpoint", server.endpoint, *EVENT,
                           stdin="".join(line + "\n" for line in sent), status=0)
        self.assertIn("published 2,000 ", done.err.splitlines()[-1])
        stored = [json.loads(line) for line in self.tail(server)]
        self.assertEqual({event["data"]["n"] for event in stored}, set(range(2000)))
        # The second request was reset after its records were stored: they came again.
        self.assertGreater(len(stored), 2000)

    def test_a_fault_plan_may_be_text(self):
        plan = '{"rules": [{"do": {"error": {"code": "AccessDeniedException", "message": "no!"}}}]}'
        server = self.serve("--stream", "events", "--faults", plan)
        self.assertIn("no!", self.put(server, status=3).err)

    def test_a_fault_plan_that_is_none_is_status_3_and_names_the_member(self):
        self.assert_refused("local", "--port", "0", "--faults", "/no/such/file", status=3,
                            saying=["/no/such/file"])
        plan = self.file("faults.json", '{"rules": [{"do": {"delay_ms": -1}}]}')
        self.assert_refused("local", "--port", "0", "--faults", plan, status=3,
                            saying=["rules[0].do.delay_ms is -1", "0 to 600000"])

    def test_events_are_read_across_a_split_and_a_merge(self):
        data = f"{self.directory}/data"
        server = self.serve("--stream", "events", "--data", data)
        lines = self.put(server, "--partition-key", "k").lines
        self.ask(server, "SplitShard", StreamName="events", ShardToSplit="shardId-000000000000",
                 NewStartingHashKey=str(2 ** 127))
        lines += self.put(server, "--partition-key", "k").lines
        self.ask(server, "MergeShards", StreamName="events", ShardToMerge="shardId-000000000001",
                 AdjacentShardToMerge="shardId-000000000002")
        lines += self.put(server, "--partition-key", "k").lines
        self.assertEqual(self.tail(server), lines)
        server.interrupt(signal.SIGTERM)
        server.status()
        again = self.serve("--data", data)
        lines += self.put(again, "--partition-key", "k").lines
        self.assertEqual(self.tail(again), lines)

    def test_says_whether_records_are_kept(self):
        memory = self.serve()
        memory.wait_for(memory.err, "in memory and end with this process")
        kept = self.serve("--data", f"{self.directory}/data")
        kept.wait_for(kept.err, f"kept in {self.directory}/data")

    def test_who_is_not_on_this_machine_can_not_reach_it(self):
        # All of 127/8 is this machine; an address that is not the one listened on stands for all
        # others, also where the machine has no network.
        server = self.serve()
        for address in ["127.0.0.2", *addresses_of_this_machine()]:
            with self.assertRaises(OSError, msg=address):
                socket.create_connection((address, int(server.port())), timeout=5).close()

    def test_an_address_beyond_loopback_is_warned_of(self):
        # All of 127.0.0.0/8 is this machine.
        for inside, words, warning in [
                ([], ["--address", "127.0.0.2"], None),
                (NO_NETWORK, ["--address", "0.0.0.0"], "whoever reaches it may read and write"),
                (NO_NETWORK, ["--address", "0.0.0.0", "--verify-signatures"],
                 "whoever reaches it and has the keys may read and write")]:
            done = subprocess.Popen(
                [*inside, tool.TOOL, "local", "--port", "0", *words], stderr=subprocess.PIPE,
                env=tool.environment(AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="s"), text=True)
            self.addCleanup(done.stderr.close)
            self.addCleanup(done.wait)
            self.addCleanup(done.kill)
            told = []
            for line in done.stderr:
                told.append(line)
                if "try: " in line:
                    break
            if inside and not told[0].startswith("lk-dispatch"):
                self.skipTest("no network namespace can be made here: " + told[0])
            self.assertIn("listening on", told[0])
            self.assertEqual([line for line in told if "whoever" in line] == [], warning is None)
            if warning is not None:
                self.assertIn(f"--address {words[1]}: {warning}", "".join(told))

    def test_a_browser_gets_an_answer_that_is_no_crash(self):
        server = self.serve("--stream", "events")
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(server.endpoint, timeout=60)
        refused.exception.close()
        self.put(server)

    def test_a_port_that_is_none_is_refused(self):
        for port in ["70000", "-1", "http", "4567x", ""]:
            self.assert_refused("local", "--port", port, saying=["--port", "0 to 65535"])

    def test_a_stream_that_is_none_is_refused(self):
        for stream in ["events:", "events:0", "events:many", ":4", "", "events:4:4", "no spaces"]:
            self.assert_refused("local", "--port", "0", "--stream", stream,
                                saying=["--stream", "NAME:SHARDS"])

    def test_print_ca_without_tls_is_refused(self):
        self.assert_refused("local", "--port", "0", "--print-ca", saying=["--print-ca", "--tls"])

    def test_words_that_are_no_options_are_refused(self):
        self.assert_refused("local", "events", saying=['"events"', "options only"])
