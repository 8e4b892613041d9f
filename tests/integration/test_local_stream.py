"""The local stream and the command, seen from outside: what one side writes, the other reads."""

import base64
import hashlib
import json
import pathlib
import signal
import tempfile
import time
import unittest

import clients
import processes
import servers
import settings
import streams
from dispatching import dispatch

STREAM = "events"


def tool(server, command, *arguments, standard_input=""):
    """Runs lk-dispatch against a server; its standard output."""
    trust = ["--ca-bundle", server.ca_file] if server.ca_file else []
    status, out, errors = processes.run(
        [settings.tool(), command, "--endpoint", server.endpoint, *trust, "--stream", STREAM,
         *arguments], standard_input)
    if status != 0:
        raise AssertionError(f"lk-dispatch {command} ended with status {status}:\n{errors}")
    return out


def aggregated(records):
    """What aws-kinesis-agg makes of (partition key, data) pairs: the members of a PutRecord."""
    question = {"aggregate": [{"key": key, "data": base64.b64encode(data).decode()}
                              for key, data in records]}
    script = settings.HERE.parent / "peers/aggregate.js"
    status, out, errors = processes.run(["node", script], json.dumps(question) + "\n")
    if status != 0:
        raise AssertionError(f"{script} ended with status {status}:\n{errors}")
    answer = json.loads(out)
    return {"PartitionKey": answer["key"], "Data": base64.b64decode(answer["data"])}


class LocalStreamTest(unittest.TestCase):
    def enter(self, context):
        entered = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return entered

    def serve(self, *arguments, shards=2, tls=False):
        return self.enter(servers.LocalStream(
            tls=tls, arguments=["--stream", f"{STREAM}:{shards}", *arguments]))

    def sdk(self, server, version="v2"):
        return self.enter(clients.JavaScriptSdk(server, version))

    def test_the_command_puts_what_an_sdk_reads(self):
        for tls in (False, True):
            server = self.serve(tls=tls)
            printed = tool(server, "put", "--producer-id", "me", "--type", "t",
                           "--data", '{"text": "é \U0001F600"}', "--partition-key", "clé")
            (record,) = streams.read_stream(self.sdk(server), STREAM)
            self.assertEqual(record.data.decode() + "\n", printed)
            self.assertEqual(record.key, "clé")
            self.assertEqual(json.loads(record.data)["data"], {"text": "é \U0001F600"})

    def test_the_command_sends_lines_that_an_sdk_reads_in_order(self):
        server = self.serve()
        lines = [{"n": number, "who": f"key{number % 5}", "text": "\u2028\U00020000"}
                 for number in range(1000)]
        tool(server, "send", "--producer-id", "me", "--type", "t", "--partition-key-field", "who",
             standard_input="".join(json.dumps(line) + "\n" for line in lines))
        stored = streams.read_stream(self.sdk(server, "v3"), STREAM)
        read = [json.loads(record.data)["data"] for record in stored]
        self.assertEqual(len(read), len(lines))
        for key in range(5):
            self.assertEqual([line for line in read if line["who"] == f"key{key}"],
                             [line for line in lines if line["who"] == f"key{key}"])

    def test_the_command_tails_what_sdks_wrote(self):
        server = self.serve(shards=1)
        texts = [f'{{"n":{number},"text":"é \U0001F600"}}' for number in range(20)]
        self.sdk(server).call("PutRecords", StreamName=STREAM, Records=[
            {"PartitionKey": "k", "Data": text.encode()} for text in texts[:10]])
        self.sdk(server, "v3").call("PutRecords", StreamName=STREAM, Records=[
            {"PartitionKey": "k", "Data": text.encode()} for text in texts[10:]])
        printed = tool(server, "tail", "--from", "trim-horizon")
        self.assertEqual(printed.split("\n"), [*texts, ""])

    def test_the_command_tails_the_user_records_of_an_aggregate(self):
        server = self.serve(shards=1)
        texts = [f'{{"n":{number},"text":"é \U0001F600"}}' for number in range(300)]
        aggregate = aggregated([(f"key{number % 7}", text.encode())
                                for number, text in enumerate(texts)])
        for members in ({"PartitionKey": "before", "Data": b"before"}, aggregate,
                        {"PartitionKey": "after", "Data": b"after"}):
            self.sdk(server).call("PutRecord", StreamName=STREAM, **members)
        printed = tool(server, "tail", "--deaggregate")
        self.assertEqual(printed.split("\n"), ["before", *texts, "after", ""])

    def test_the_command_says_which_aggregate_it_could_not_print_whole(self):
        server = self.serve(shards=1)
        # One partition key, and two user records: of that key, and of a second one.
        message = b"\x0a\x01k" b"\x1a\x07\x08\x00\x1a\x03one" b"\x1a\x07\x08\x01\x1a\x03two"
        aggregate = b"\xf3\x89\x9a\xc2" + message + hashlib.md5(message).digest()
        put = self.sdk(server).call("PutRecord", StreamName=STREAM, PartitionKey="k",
                                    Data=aggregate)
        status, out, errors = processes.run(
            [settings.tool(), "tail", "--endpoint", server.endpoint, "--stream", STREAM,
             "--deaggregate"])
        self.assertEqual((status, out), (0, "one\n"))
        self.assertIn(put["SequenceNumber"], errors)
        self.assertIn("last 1 of 2", errors)

    def test_a_client_that_speaks_http2_is_told_of_the_setting(self):
        server = self.serve()
        with self.assertRaises(clients.ServiceError):
            self.sdk(server, "v3-http2").call("ListStreams")
        server.wait_for_log("NodeHttpHandler")
        # It is the one client's trouble alone.
        self.assertEqual(self.sdk(server, "v3").call("ListStreams")["StreamNames"], [STREAM])

    def test_what_was_acknowledged_is_there_after_a_kill(self):
        folder = self.enter(tempfile.TemporaryDirectory())
        kept = ["--data", pathlib.Path(folder) / "kept"]
        lines = [{"type": "t", "data": str(number), "partition_key": "k"} for number in range(700)]
        with servers.LocalStream(arguments=["--stream", f"{STREAM}:1", *kept]) as server:
            answers = dispatch(server, STREAM, lines)
            server.signal(signal.SIGKILL)
        with servers.LocalStream(arguments=kept) as server:
            stored = streams.read_stream(self.sdk(server), STREAM)
        self.assertEqual([record.data.decode() for record in stored],
                         [answer["json"] for answer in answers])

    def test_a_throttled_shard_gets_everything_once_and_in_order(self):
        server = self.serve("--enforce-limits", shards=1)
        lines = [{"type": "t", "data": str(number), "partition_key": "k"}
                 for number in range(2500)]
        began = time.monotonic()
        answers = dispatch(server, STREAM, lines)
        self.assertEqual([answer for answer in answers if "error" in answer], [])
        # 1,000 records a second, and what a full allowance lets pass at first.
        self.assertGreater(time.monotonic() - began, 1)
        stored = streams.read_stream(self.sdk(server), STREAM)
        self.assertEqual([json.loads(record.data)["data"] for record in stored],
                         list(range(2500)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
