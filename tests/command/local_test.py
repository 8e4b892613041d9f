"""lk-dispatch local: a Kinesis on this machine."""

import signal
import urllib.error
import urllib.request

from tool import CommandTest, LocalServer, lk_dispatch

EVENT = ["--producer-id", "p", "--type", "t", "--stream", "events"]


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
        self.assert_refused("local", "--port", server.port(), status=3, saying=[server.port()])

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

    def test_says_whether_records_are_kept(self):
        memory = self.serve()
        memory.wait_for(memory.err, "in memory and end with this process")
        kept = self.serve("--data", f"{self.directory}/data")
        kept.wait_for(kept.err, f"kept in {self.directory}/data")

    def test_an_address_beyond_loopback_is_warned_of(self):
        # All of 127.0.0.0/8 is this machine; 0.0.0.0 would open it to others.
        server = self.serve("--address", "127.0.0.2")
        server.wait_for(server.err, "try: ")
        self.assertIn("127.0.0.2", server.endpoint)

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
