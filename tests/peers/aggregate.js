"use strict";
// Runs aws-kinesis-agg, AWS's own library, on cases from standard input, one JSON object a line,
// and writes what it made of each, one line a case, in order. Bytes are base64.
//
//     {"aggregate": [{"key": …, "hash_key": … or absent, "data": …}, …]}
//  →  {"key": …, "hash_key": … or absent, "data": …}: the record to put
//
//     {"deaggregate": …}: a record's data
//  →  {"records": [{"key": …, "hash_key": … or absent, "data": …}, …]}
//
// A record without the format's magic is answered as one record whose key is "outer"; one that it
// refuses ends the run with exit status 1.

const fs = require("fs");
const { RecordAggregator, deaggregateSync } = require("aws-kinesis-agg");

function aggregate(records) {
    const aggregator = new RecordAggregator();
    for (const { key, hash_key, data } of records) {
        aggregator.addUserRecord({
            partitionKey: key,
            explicitHashKey: hash_key,
            data: Buffer.from(data, "base64"),
        });
    }
    const made = aggregator.build();
    return {
        key: made.partitionKey,
        hash_key: made.ExplicitHashKey,
        data: made.data.toString("base64"),
    };
}

function deaggregate(data) {
    let answer;
    const outer = { data, partitionKey: "outer", sequenceNumber: "1" };
    deaggregateSync(outer, true, (error, records) => {
        if (error) throw error;
        answer = records.map((one) => ({
            key: one.partitionKey,
            hash_key: one.explicitPartitionKey,
            data: one.data,
        }));
    });
    return { records: answer };
}

const answers = [];
const lines = fs.readFileSync(0, "utf8").split("\n");
lines.pop();
for (const [index, line] of lines.entries()) {
    try {
        const one = JSON.parse(line);
        const answer = one.aggregate ? aggregate(one.aggregate) : deaggregate(one.deaggregate);
        answers.push(JSON.stringify(answer) + "\n");
    } catch (error) {
        console.error(`case ${index + 1}: ${error.message}`);
        process.exit(1);
    }
}
fs.writeFileSync(1, answers.join(""));
