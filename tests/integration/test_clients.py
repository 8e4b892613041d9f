"""Clients that this project did not write, unchanged, against a server: the local stream, and
kinesalite and kinesis-local, which show that what is asked here is what a Kinesis does."""

import functools
import hashlib
import sys
import unittest

import clients
import servers
import settings
import streams

NASTY_KEY = 'clé 🔑 "\\\n'
NASTY_DATA = bytes(range(256)) + "é\u2028😀".encode()


def half_of(partition_key):
    """0 or 1: the shard of two that a key's hash falls into."""
    return hashlib.md5(partition_key.encode()).digest()[0] >> 7


class Tour:
    """What a client of Kinesis does, from the making of a stream to its end."""

    server = None
    client = None

    def call(self, operation, **members):
        return self.client.call(operation, **members)

    def assert_refused(self, code, operation, **members):
        with self.assertRaises(clients.ServiceError) as refused:
            self.call(operation, **members)
        self.assertEqual(refused.exception.code, code)

    def make_stream(self, shards):
        # A name of its own for every test, so that they may share a server.
        name = f"{type(self).__name__}.{self._testMethodName}"
        streams.make_stream(self.client, name, shards)
        return name

    def test_a_new_stream_is_described_and_listed(self):
        name = self.make_stream(shards=3)
        summary = self.call("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]
        self.assertEqual(summary["StreamName"], name)
        self.assertEqual(summary["OpenShardCount"], 3)
        self.assertRegex(summary["StreamARN"],
                         rf"^arn:aws:kinesis:{settings.REGION}:\d{{12}}:stream/{name}$")
        described = self.call("DescribeStream", StreamName=name)["StreamDescription"]
        self.assertEqual(described["StreamStatus"], "ACTIVE")
        self.assertIn(name, self.call("ListStreams")["StreamNames"])
        shards = self.call("ListShards", StreamName=name)["Shards"]
        self.assertEqual(shards, described["Shards"])
        ends = [(int(one["HashKeyRange"]["StartingHashKey"]),
                 int(one["HashKeyRange"]["EndingHashKey"])) for one in shards]
        self.assertEqual(ends[0][0], 0)
        self.assertEqual(ends[-1][1], 2**128 - 1)
        for (_, end), (start, _) in zip(ends, ends[1:]):
            self.assertEqual(end + 1, start)

    def test_put_record_lands_on_the_shard_of_its_key(self):
        name = self.make_stream(shards=2)
        shards = streams.shard_ids(self.client, name)
        for key in (NASTY_KEY, "a", "b", "c", "k" * 256):
            put = self.call("PutRecord", StreamName=name, PartitionKey=key, Data=NASTY_DATA)
            self.assertEqual(put["ShardId"], shards[half_of(key)])
            self.assertRegex(put["SequenceNumber"], r"^\d+$")
        stored = streams.read_stream(self.client, name)
        self.assertEqual(sorted(record.key for record in stored),
                         sorted((NASTY_KEY, "a", "b", "c", "k" * 256)))
        for record in stored:
            self.assertEqual(record.data, NASTY_DATA)

    def test_an_explicit_hash_key_chooses_the_shard(self):
        name = self.make_stream(shards=2)
        for shard in self.call("ListShards", StreamName=name)["Shards"]:
            for edge in ("StartingHashKey", "EndingHashKey"):
                hash_key = shard["HashKeyRange"][edge]
                put = self.call("PutRecord", StreamName=name, PartitionKey="same", Data=b"x",
                                ExplicitHashKey=hash_key)
                self.assertEqual(put["ShardId"], shard["ShardId"], hash_key)

    def test_put_records_keeps_the_order_within_a_shard(self):
        name = self.make_stream(shards=2)
        records = [{"PartitionKey": f"key{i % 7}", "Data": f"record {i}".encode()}
                   for i in range(50)]
        answer = self.call("PutRecords", StreamName=name, Records=records)
        self.assertEqual(answer.get("FailedRecordCount", 0), 0)
        self.assertEqual(len(answer["Records"]), len(records))
        for shard, shard_id in enumerate(streams.shard_ids(self.client, name)):
            stored = streams.read_shard(self.client, name, shard_id)
            sent = [one for one in records if half_of(one["PartitionKey"]) == shard]
            self.assertEqual([record.data for record in stored], [one["Data"] for one in sent])
            self.assertEqual(
                [record.sequence_number for record in stored],
                [one["SequenceNumber"] for one in answer["Records"] if one["ShardId"] == shard_id])
            numbers = [int(record.sequence_number) for record in stored]
            self.assertEqual(numbers, sorted(set(numbers)))

    def test_each_kind_of_iterator_starts_where_it_says(self):
        name = self.make_stream(shards=1)
        shard_id = streams.shard_ids(self.client, name)[0]
        latest = self.call("GetShardIterator", StreamName=name, ShardId=shard_id,
                           ShardIteratorType="LATEST")["ShardIterator"]
        numbers = [self.call("PutRecord", StreamName=name, PartitionKey="k",
                             Data=b"%d" % i)["SequenceNumber"] for i in range(4)]

        def data_from(kind, **start):
            return b"".join(one.data for one in
                            streams.read_shard(self.client, name, shard_id, kind, **start))

        self.assertEqual(data_from("TRIM_HORIZON"), b"0123")
        self.assertEqual(
            data_from("AT_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1]), b"123")
        self.assertEqual(
            data_from("AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1]), b"23")
        self.assertEqual(data_from("AT_TIMESTAMP", Timestamp=self.timestamp(2015)), b"0123")
        self.assertEqual(data_from("LATEST"), b"")
        later = self.call("GetRecords", ShardIterator=latest)["Records"]
        self.assertEqual(b"".join(one["Data"] for one in later), b"0123")

    def timestamp(self, year):
        """The first of January, as the client takes it."""
        if isinstance(self.client, clients.AwsCli):
            return f"{year}-01-01T00:00:00Z"
        return (year - 1970) * 31_556_952_000

    def test_get_records_gives_no_more_than_its_limit(self):
        name = self.make_stream(shards=1)
        self.call("PutRecords", StreamName=name,
                  Records=[{"PartitionKey": "k", "Data": b"%d" % i} for i in range(5)])
        iterator = self.call(
            "GetShardIterator", StreamName=name, ShardIteratorType="TRIM_HORIZON",
            ShardId=streams.shard_ids(self.client, name)[0])["ShardIterator"]
        read = []
        for _ in range(3):
            answer = self.call("GetRecords", ShardIterator=iterator, Limit=2)
            read.append([one["Data"] for one in answer["Records"]])
            iterator = answer["NextShardIterator"]
        self.assertEqual(read, [[b"0", b"1"], [b"2", b"3"], [b"4"]])

    def test_refusals_have_the_names_that_the_client_expects(self):
        name = self.make_stream(shards=1)
        self.assert_refused("ResourceInUseException", "CreateStream", StreamName=name,
                            ShardCount=1)
        self.assert_refused("ResourceNotFoundException", "PutRecord", StreamName="no-such-stream",
                            PartitionKey="k", Data=b"x")
        self.assert_refused("ResourceNotFoundException", "DescribeStreamSummary",
                            StreamName="no-such-stream")
        self.assert_refused("InvalidArgumentException", "PutRecord", StreamName=name,
                            PartitionKey="k", Data=b"x", ExplicitHashKey=str(2**128))

    def test_an_iterator_that_is_none_is_refused(self):
        if isinstance(self.server, servers.KinesisLocal):
            self.skipTest("kinesis-local answers with status 500 and no name")
        self.assert_refused("InvalidArgumentException", "GetRecords",
                            ShardIterator="AAAAAAAAAAEnotanything")

    def test_a_deleted_stream_is_gone(self):
        name = self.make_stream(shards=1)
        self.call("DeleteStream", StreamName=name)
        for _ in range(200):
            try:
                status = self.call("DescribeStreamSummary", StreamName=name)
            except clients.ServiceError as error:
                self.assertEqual(error.code, "ResourceNotFoundException")
                break
            self.assertEqual(status["StreamDescriptionSummary"]["StreamStatus"], "DELETING")
        else:
            self.fail("the stream is still there")
        self.assertNotIn(name, self.call("ListStreams")["StreamNames"])


def tour(name, make_client):
    """The tour as a test case, for one client on SERVER."""

    def set_up(cls):
        cls.server = cls.enter(SERVER())
        cls.client = cls.enter(make_client(cls.server))

    def enter(cls, context):
        entered = context.__enter__()
        cls.addClassCleanup(context.__exit__, None, None, None)
        return entered

    return type(name, (Tour, unittest.TestCase),
                {"setUpClass": classmethod(set_up), "enter": classmethod(enter)})


# The first argument names the server.
SERVERS = {
    "kinesalite": servers.Kinesalite,
    "kinesis_local": servers.KinesisLocal,
    "local_stream": servers.LocalStream,
    "local_stream_https": functools.partial(servers.LocalStream, tls=True),
}
SERVER = SERVERS[sys.argv.pop(1)] if __name__ == "__main__" else None

AwsCli = tour("AwsCli", clients.AwsCli)
SdkV2 = tour("SdkV2", lambda server: clients.JavaScriptSdk(server, "v2"))
SdkV3 = tour("SdkV3", lambda server: clients.JavaScriptSdk(server, "v3"))

if __name__ == "__main__":
    unittest.main()
