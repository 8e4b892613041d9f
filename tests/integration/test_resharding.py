"""Shards of the local stream, split and merged by the AWS CLI, written and read by an SDK."""

import unittest

import clients
import servers
import streams

STREAM = "events"
FIRST, SECOND, THIRD, FOURTH = (f"shardId-00000000000{number}" for number in range(4))


class ReshardingTest(unittest.TestCase):
    def enter(self, context):
        entered = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return entered

    def test_a_split_and_a_merge_lose_no_record_and_keep_the_order(self):
        server = self.enter(servers.LocalStream(arguments=["--stream", f"{STREAM}:1"]))
        aws = self.enter(clients.AwsCli(server))
        sdk = self.enter(clients.JavaScriptSdk(server, "v3"))

        def put(text):
            return sdk.call("PutRecord", StreamName=STREAM, PartitionKey="k", Data=text)

        first = put(b"1")
        aws.call("SplitShard", StreamName=STREAM, ShardToSplit=FIRST,
                 NewStartingHashKey=str(2 ** 127))
        second = put(b"2")
        aws.call("MergeShards", StreamName=STREAM, ShardToMerge=SECOND, AdjacentShardToMerge=THIRD)
        third = put(b"3")
        self.assertEqual(first["ShardId"], FIRST)
        self.assertIn(second["ShardId"], (SECOND, THIRD))
        self.assertEqual(third["ShardId"], FOURTH)
        numbers = [int(answer["SequenceNumber"]) for answer in (first, second, third)]
        self.assertEqual(numbers, sorted(numbers))
        # In the order of their shards, closed ones too.
        self.assertEqual([one.data for one in streams.read_stream(sdk, STREAM)],
                         [b"1", b"2", b"3"])

        shards = {one["ShardId"]: one for one in
                  aws.call("ListShards", StreamName=STREAM)["Shards"]}
        self.assertEqual(shards[SECOND]["ParentShardId"], FIRST)
        self.assertEqual(shards[FOURTH]["AdjacentParentShardId"], THIRD)
        opened = aws.call("ListShards", StreamName=STREAM, ShardFilter={"Type": "AT_LATEST"})
        self.assertEqual([one["ShardId"] for one in opened["Shards"]], [FOURTH])
        with self.assertRaises(clients.ServiceError) as refused:
            aws.call("SplitShard", StreamName=STREAM, ShardToSplit=FIRST,
                     NewStartingHashKey=str(2 ** 127))
        self.assertIn("already been merged or split", str(refused.exception))


if __name__ == "__main__":
    unittest.main(verbosity=2)
