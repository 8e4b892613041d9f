"""Streams by way of any client (see clients.py): made, awaited, and read to their end."""

import collections
import time

import settings

StoredRecord = collections.namedtuple("StoredRecord", "shard_id sequence_number key data")


def make_stream(client, name, shards):
    client.call("CreateStream", StreamName=name, ShardCount=shards)
    deadline = time.monotonic() + settings.STEP_SECONDS
    while True:
        answer = client.call("DescribeStreamSummary", StreamName=name)
        if answer["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE":
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"stream {name} is still not active: {answer}")
        time.sleep(0.05)


def shard_ids(client, stream):
    return sorted(one["ShardId"] for one in client.call("ListShards", StreamName=stream)["Shards"])


def read_shard(client, stream, shard_id, kind="TRIM_HORIZON", **start):
    """The records of one shard up to its end as it is now."""
    iterator = client.call("GetShardIterator", StreamName=stream, ShardId=shard_id,
                           ShardIteratorType=kind, **start)["ShardIterator"]
    records = []
    deadline = time.monotonic() + settings.STEP_SECONDS
    while time.monotonic() < deadline:
        answer = client.call("GetRecords", ShardIterator=iterator)
        records += [StoredRecord(shard_id, one["SequenceNumber"], one["PartitionKey"], one["Data"])
                    for one in answer["Records"]]
        iterator = answer.get("NextShardIterator")
        if not iterator or (not answer["Records"] and answer["MillisBehindLatest"] == 0):
            return records
    raise RuntimeError(f"shard {shard_id} of {stream} has no end after {len(records)} records")


def read_stream(client, stream):
    """All records of a stream, shard by shard."""
    return [record for shard_id in shard_ids(client, stream)
            for record in read_shard(client, stream, shard_id)]
