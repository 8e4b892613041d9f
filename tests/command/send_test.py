"""lk-dispatch send: lines into events."""

import json
import re
import signal

from tool import CommandTest, lk_dispatch

SUMMARY = re.compile(
    r"^published (?P<published>[\d,]+) · failed (?P<failed>[\d,]+) · unknown (?P<unknown>[\d,]+)"
    r"( · refused (?P<refused>[\d,]+))? · [\d.]+ s · [\d,]+ events/s$")


def summary_of(done):
    match = SUMMARY.match(done.err.splitlines()[-1])
    assert match, done.err
    return tuple(int((match[name] or "0").replace(",", ""))
                 for name in ["published", "failed", "unknown", "refused"])


class SendTest(CommandTest):
    def setUp(self):
        super().setUp()
        self.at = [f"--local={self.directory}/data", "--stream", "events"]

    def send(self, *words, status=0, typed=True, **options):
        words = [*words, "--type", "line"] if typed else words
        return lk_dispatch("send", *self.at, "--producer-id", "p", *words, status=status, **options)

    def events(self):
        return [json.loads(line) for line in lk_dispatch("tail", *self.at, status=0).lines]

    def data(self):
        return [event.get("data") for event in self.events()]

    def test_each_line_of_stdin_becomes_an_event(self):
        for dash in [[], ["-"]]:
            done = self.send(*dash, stdin='{"a":1}\n[2]\n"three"\n4\nnull\n')
            self.assertEqual(done.out, "")
            self.assertEqual(summary_of(done), (5, 0, 0, 0))
        self.assertCountEqual(map(json.dumps, self.data()),
                              ['{"a": 1}', "[2]", '"three"', "4", "null"] * 2)
        self.assertEqual({event["type"] for event in self.events()}, {"line"})
        self.assertEqual({event["source"]["producerId"] for event in self.events()}, {"p"})

    def test_a_stream_in_memory_ends_with_the_process_and_says_so(self):
        done = lk_dispatch("send", "--local", "--stream", "s", "--producer-id", "p", "--type", "t",
                           stdin="1\n", status=0)
        self.assertIn("ends with this process", done.err)
        self.assertEqual(summary_of(done), (1, 0, 0, 0))

    def test_many_files_and_stdin_in_the_order_given(self):
        one = self.file("one.ndjson", '{"k":"x","n":1}\n{"k":"x","n":2}\n')
        two = self.file("two.ndjson", '{"k":"x","n":4}')
        self.send(one, "-", two, "--partition-key-field", "k", stdin='{"k":"x","n":3}\n')
        self.assertEqual([data["n"] for data in self.data()], [1, 2, 3, 4])

    def test_a_thousand_files_are_not_too_many(self):
        files = [self.file(f"{number}.ndjson", f"{number}\n") for number in range(1100)]
        self.assertEqual(summary_of(self.send(*files)), (1100, 0, 0, 0))

    def test_white_space_carriage_returns_and_byte_order_marks_are_tolerated(self):
        path = self.file("odd.ndjson", b'\xef\xbb\xbf{"a": 1}\r\n\r\n \t\n  [1, 2]\r\n"last"')
        self.send(path)
        self.assertCountEqual(map(json.dumps, self.data()), ['{"a": 1}', "[1, 2]", '"last"'])

    def test_an_empty_input_publishes_nothing_and_that_is_fine(self):
        self.assertEqual(summary_of(self.send()), (0, 0, 0, 0))
        self.assertEqual(summary_of(self.send("/dev/null")), (0, 0, 0, 0))

    def test_fields_say_type_key_and_user(self):
        lines = ('{"kind":"a","id":17,"by":"u1"}\n'
                 '{"kind":true,"id":"k\\"2","by":null}\n'
                 '{"kind":1.50}\n')
        self.send("--type-field", "kind", "--partition-key-field", "id", "--source-user-id-field",
                  "by", typed=False, stdin=lines)
        events = {event["type"]: event for event in self.events()}
        self.assertEqual(set(events), {"a", "true", "1.50"})
        self.assertEqual(events["a"]["source"],
                         {"userId": "u1", "producerId": "p", "kinesisPartitionKey": "17"})
        self.assertEqual(events["true"]["source"]["kinesisPartitionKey"], 'k"2')
        self.assertIsNone(events["true"]["source"]["userId"])
        self.assertEqual(len(events["1.50"]["source"]["kinesisPartitionKey"]), 36)
        self.assertEqual(events["a"]["data"], {"kind": "a", "id": 17, "by": "u1"})

    def test_events_of_one_key_keep_their_order(self):
        lines = "".join(f'{{"key":"k{number % 7}","n":{number}}}\n' for number in range(5000))
        self.send("--local-shards", "3", "--partition-key-field", "key", stdin=lines)
        data = self.data()
        self.assertEqual(len(data), 5000)
        for key in range(7):
            numbers = [one["n"] for one in data if one["key"] == f"k{key}"]
            self.assertEqual(numbers, sorted(numbers))

    def test_a_line_that_is_no_event_is_told_by_file_and_line_and_the_rest_goes_on(self):
        path = self.file("mixed.ndjson", '{"a":1}\nnot json\n\n{"a":\n{"a":2}\n')
        done = self.send(path, "-", stdin="{]\n3\n", status=1)
        self.assertRegex(done.err, rf"(?m)^{re.escape(path)}:2: .*JSON")
        self.assertRegex(done.err, rf"(?m)^{re.escape(path)}:4: .*JSON")
        self.assertRegex(done.err, r"(?m)^stdin:1: .*JSON")
        self.assertEqual(summary_of(done), (3, 0, 0, 3))
        self.assertCountEqual(map(json.dumps, self.data()), ['{"a": 1}', '{"a": 2}', "3"])

    def test_a_json_text_over_many_lines_is_told_how_to_be_one_a_line(self):
        path = self.file("list.json", '[\n  {\n    "a": 1\n  }\n]\n')
        for words in [["--type", "t"], ["--type-field", "a"]]:
            done = self.send(path, *words, typed=False, status=1)
            for line in [1, 2]:
                self.assertRegex(done.err, rf"(?m)^{re.escape(path)}:{line}: .*whole.*jq -c '\.\[\]'")
            self.assertEqual(summary_of(done), (0, 0, 0, 5))

    def test_a_line_without_its_type_is_told_by_file_and_line(self):
        done = self.send("--type-field", "kind", typed=False, status=1,
                         stdin='{"kind":"a"}\n{"king":"b"}\n{"kind":{}}\n[1]\nno\n')
        self.assertRegex(done.err, r'(?m)^stdin:2: the field "kind"')
        self.assertRegex(done.err, r'(?m)^stdin:3: the field "kind" is an object')
        self.assertRegex(done.err, r"(?m)^stdin:4: this line is no JSON object")
        self.assertRegex(done.err, r"(?m)^stdin:5: ")
        self.assertEqual(summary_of(done), (1, 0, 0, 4))

    def test_after_twenty_lines_that_are_no_event_they_are_counted(self):
        done = self.send(stdin="x\n" * 25 + "1\n", status=1)
        self.assertEqual(len(re.findall(r"(?m)^stdin:\d+: ", done.err)), 20)
        self.assertIn("only counted", done.err)
        self.assertIn("5 more lines", done.err)
        self.assertEqual(summary_of(done), (1, 0, 0, 25))

    def test_a_line_that_is_too_long_is_passed_over(self):
        lines = b"1\n" + b'"' + b"x" * (12 * 1024 * 1024) + b'"\n' + b"2\n"
        done = self.send(stdin=lines, status=1)
        self.assertRegex(done.err, r"(?m)^stdin:2: .*12,582,914 bytes.*10 MiB")
        self.assertEqual(summary_of(done), (2, 0, 0, 1))
        self.assertCountEqual(self.data(), [1, 2])

    def test_a_record_over_the_streams_limit_is_refused_by_its_line(self):
        lines = b"1\n" + b'"' + b"x" * (2 * 1024 * 1024) + b'"\n' + b"2\n"
        done = self.send(stdin=lines, status=1)
        self.assertRegex(done.err, r"(?m)^stdin:2: .*(1 MiB|1,048,576|1048576)")
        self.assertEqual(summary_of(done), (2, 0, 0, 1))

    def test_the_only_failure_among_many_events_is_told_by_its_line(self):
        many = b"1\n" * 40_000
        done = self.send(stdin=many + b'"' + b"x" * (2 * 1024 * 1024) + b'"\n' + many, status=1)
        self.assertRegex(done.err, r"(?m)^stdin:40001: ")
        self.assertEqual(summary_of(done), (80_000, 0, 0, 1))

    def test_a_field_that_makes_no_key_is_refused_by_its_line(self):
        done = self.send("--partition-key-field", "k", stdin=json.dumps({"k": "x" * 257}), status=1)
        self.assertRegex(done.err, r"(?m)^stdin:1: .*257.*256")

    def test_neither_or_both_ways_to_the_type_are_refused(self):
        self.assertIn("--type-field", self.send(typed=False, status=2).err)
        done = self.send("--type-field", "kind", status=2)
        self.assertIn("--type and --type-field", done.err)

    def test_a_file_that_is_not_there_is_refused_before_anything_is_sent(self):
        good = self.file("good.ndjson", "1\n")
        done = self.send(good, "nowhere.ndjson", status=2)
        self.assertIn("nowhere.ndjson: No such file", done.err)
        self.assertIn("directory; give the files", self.send(good, str(self.directory), status=2).err)
        self.assertFalse((self.directory / "data").exists())

    def test_a_named_pipe_is_a_file_too(self):
        import os
        pipe = str(self.directory / "pipe")
        os.mkfifo(pipe)
        running = self.start("send", *self.at, "--producer-id", "p", "--type", "t", pipe)
        with open(pipe, "w") as end:
            end.write("1\n2\n")
        self.assertEqual(running.status(), 0)
        self.assertIn("published 2", running.rest_of(running.err)[-1])

    def test_an_interrupt_stops_reading_and_publishes_what_was_read(self):
        for number in [signal.SIGINT, signal.SIGTERM]:
            server = self.serve("--stream", "events")
            at = ["--endpoint", server.endpoint, "--stream", "events"]
            tail = self.start("tail", *at, "--follow")
            running = self.start("send", *at, "--producer-id", "p", "--type", "t", stdin=-1)
            running.write("1\n2\n3\nno line ye")
            for _ in range(3):
                tail.wait_for(tail.out, '"data":[123],')
            running.interrupt(number)
            self.assertEqual(running.status(), 130)
            told = running.rest_of(running.err)
            self.assertIn("interrupted", "\n".join(told))
            self.assertIn("published 3 · failed 0 · unknown 0", told[-1])
