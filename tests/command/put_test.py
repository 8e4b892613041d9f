"""lk-dispatch put: one event, printed."""

import json
import re

from tool import CommandTest, lk_dispatch

UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")


class PutTest(CommandTest):
    def setUp(self):
        super().setUp()
        self.at = [f"--local={self.directory}/data", "--stream", "events"]

    def put(self, *words, status=0, **options):
        return lk_dispatch("put", *self.at, "--producer-id", "me@here", "--type", "greeting",
                           *words, status=status, **options)

    def tail(self):
        return lk_dispatch("tail", *self.at, status=0).lines

    def test_prints_the_records_own_bytes_as_one_line(self):
        done = self.put("--data", '{"b": 1.50, "a": "é\\u0041"}', "--partition-key", "k",
                        "--source-user-id", "u", "--id", "i", "--timestamp",
                        "2016-01-31T12:00:00.5Z")
        self.assertEqual(done.err, "")
        self.assertEqual(
            done.out,
            '{"id":"i","type":"greeting","data":{"b":1.50,"a":"é\\u0041"},'
            '"timestamp":"2016-01-31T12:00:00.500Z","source":{"userId":"u",'
            '"producerId":"me@here","kinesisPartitionKey":"k"}}\n')
        self.assertEqual(self.tail(), done.lines)

    def test_what_is_not_given_is_made(self):
        event = json.loads(self.put().out)
        self.assertNotIn("data", event)
        self.assertRegex(event["id"], UUID)
        self.assertRegex(event["source"]["kinesisPartitionKey"], UUID)
        self.assertIsNone(event["source"]["userId"])
        self.assertRegex(event["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_data_may_be_any_json(self):
        for text in ["null", "-5", "[1,2]", "[]", '""', '"--stream"', "1e400",
                     '"[x]"', '{"a":[{"b":{}}]}']:
            done = self.put("--data", text)
            self.assertIn(f'"data":{text},"timestamp"', done.out)
            self.assertIn(f'"data":{text},"timestamp"', self.put(f"--data={text}").out)

    def test_data_may_come_from_stdin(self):
        text = '{"large":"' + "x" * 300_000 + '"}'
        self.assertEqual(json.dumps(json.loads(self.put("--data", "-", stdin=text + "\n").out)["data"],
                                    separators=(",", ":")), text)

    def test_more_on_stdin_than_a_record_holds_is_refused(self):
        done = self.put("--data", "-", stdin=b"x" * (10 * 1024 * 1024 + 1), status=1)
        self.assertIn("10 MiB", done.err)

    def test_empty_values_are_given_values(self):
        event = json.loads(self.put("--partition-key", "", "--source-user-id=", "--id", "x").out)
        self.assertRegex(event["source"]["kinesisPartitionKey"], UUID)
        self.assertIsNone(event["source"]["userId"])
        self.assertEqual(event["id"], "x")
        self.assertIn("not JSON", self.put("--data=", "--id", "x", status=1).err)

    def test_data_that_is_not_json_is_status_1(self):
        for text in ["hello", "{", "{'a':1}", "[1,]", "1 2"]:
            done = self.put("--data", text, status=1)
            self.assertEqual(done.out, "")
            bytes_ = "1 byte" if len(text) == 1 else f"{len(text)} bytes"
            self.assertRegex(done.err, rf"--data \({bytes_}\) is not JSON")

    def test_what_is_not_utf_8_is_told_with_the_options_own_name(self):
        for option in ["--id", "--partition-key", "--source-user-id"]:
            done = self.put(option, b"caf\xe9", status=1)
            self.assertIn(f"published: {option} (4 bytes, ", done.err)
        at = ["put", *self.at]
        done = lk_dispatch(*at, "--producer-id", "p", "--type", b"caf\xe9", status=1)
        self.assertIn("published: --type (4 bytes, ", done.err)
        done = lk_dispatch(*at, "--producer-id", b"caf\xe9", "--type", "t", status=2)
        self.assertIn("--producer-id (4 bytes, ", done.err)

    def test_a_key_that_is_too_long_is_status_1(self):
        done = self.put("--partition-key", "k" * 257, status=1)
        self.assertRegex(done.err, "--partition-key .*257.*256")

    def test_an_explicit_hash_key_chooses_the_shard(self):
        keys = ["0", str(2**128 - 1)]
        for key in keys * 2:
            self.put("--local-shards", "2", "--explicit-hash-key", key, "--id", key)
        # Shard by shard: the first shard's events come before the second's.
        self.assertEqual([json.loads(line)["id"] for line in self.tail()],
                         [keys[0], keys[0], keys[1], keys[1]])
        self.assertIn('--explicit-hash-key "12x"',
                      self.put("--explicit-hash-key", "12x", status=1).err)

    def test_a_timestamp_that_is_none_is_status_2(self):
        done = self.put("--timestamp", "yesterday", status=2)
        self.assertIn("--timestamp", done.err)
        self.assertIn('"yesterday"', done.err)

    def test_more_words_than_options_are_refused(self):
        done = self.put("--data", "{", "}", status=2)
        self.assertIn('"}"', done.err)
        self.assertIn("quotes", done.err)

    def test_a_malformed_stream_name_is_status_2(self):
        self.assert_refused("put", "--stream", "no spaces", "--producer-id", "p", "--type", "t",
                            "--endpoint", "http://127.0.0.1:9", saying=["no spaces"])

    def test_shards_of_a_stream_that_is_elsewhere_are_status_2(self):
        self.assert_refused("put", "--stream", "s", "--producer-id", "p", "--type", "t",
                            "--endpoint", "http://127.0.0.1:9", "--local-shards", "2",
                            saying=["--local-shards", "give --local too"])

    def test_an_empty_type_is_status_2(self):
        self.assert_refused("put", "--stream", "s", "--producer-id", "p", "--type", "",
                            "--endpoint", "http://127.0.0.1:9", saying=["--type", "is empty"])

    def test_an_empty_producer_is_status_2(self):
        self.assert_refused("put", "--stream", "s", "--producer-id", "", "--type", "t",
                            "--endpoint", "http://127.0.0.1:9", saying=["--producer-id"])

    def test_a_stream_that_does_not_exist_is_status_1(self):
        server = self.serve()
        done = lk_dispatch("put", "--endpoint", server.endpoint, "--stream", "nowhere", "--type",
                           "t", "--producer-id", "p", status=1)
        self.assertEqual(done.err.count('"nowhere"'), 1, done.err)
        self.assertEqual(done.out, "")

    def test_nobody_at_the_endpoint_is_status_1_after_the_time_given(self):
        done = lk_dispatch("put", "--endpoint", "http://127.0.0.1:9", "--stream", "s", "--type", "t",
                           "--producer-id", "p", "--deliver-within", "1", status=1)
        self.assertIn("127.0.0.1:9", done.err)
        self.assertIn("(--deliver-within)", done.err)

    def test_refused_credentials_are_status_3(self):
        kinesis = self.script(400, {"__type": "UnrecognizedClientException", "message": "no token"})
        done = lk_dispatch("put", "--endpoint", kinesis.endpoint, "--stream", "s", "--type", "t",
                           "--producer-id", "p", status=3)
        self.assertIn("no token", done.err)

    def test_an_event_that_can_not_be_printed_is_published_all_the_same(self):
        with open("/dev/full", "wb") as full:
            done = self.put("--id", "i", stdout=full)
        self.assertIn("the event i was published, but", done.err)
        self.assertIn("No space left", done.err)
        self.assertEqual(len(self.tail()), 1)

    def test_json_on_the_wire_stores_the_same(self):
        done = self.put("--wire-format", "json", "--data", '"é"')
        self.assertEqual(self.tail(), done.lines)

    def test_a_stream_in_memory_ends_with_the_process_and_says_so(self):
        done = lk_dispatch("put", "--local", "--stream", "s", "--producer-id", "p", "--type", "t",
                           status=0)
        self.assertIn("ends with this process", done.err)
        self.assertEqual(len(done.lines), 1)

    def test_a_directory_in_use_names_its_holder(self):
        server = self.serve("--data", f"{self.directory}/data", "--stream", "events")
        done = self.put(status=3)
        self.assertIn(str(server.process.pid), done.err)
        self.assertIn(f"{self.directory}/data", done.err)
