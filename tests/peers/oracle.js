"use strict";
// Runs lk-dispatch 1.1.0 itself on cases from standard input, one JSON object a line, and writes
// what it put into Kinesis, one line a case, in order:
//
//     {"type": …, "data": JSON text or absent, "sourceUserId": …, "partitionKey": …,
//      "producerId": …, "uuids": ["…", …], "now": 1451606400000}
//  →  {"key": …, "record": the record's text, "stringified": JSON.stringify(data)}
//
// `uuids` are what its random generator yields, in the order of the draws; `now` is its clock in
// milliseconds since the epoch. Both are set from outside the package, which runs as it was
// published. A case that leaves UUIDs over, or asks for more, ends the run with exit status 1.

const crypto = require("crypto");
const fs = require("fs");

let uuids = [];
const random_bytes = crypto.randomBytes;
let loaded = false;
// node-uuid keeps this function when it is loaded and asks it for 16 bytes a UUID.
crypto.randomBytes = (count, ...rest) => {
    if (!loaded || count !== 16) return random_bytes(count, ...rest);
    if (uuids.length === 0) throw new Error("a UUID more was drawn than the case gives");
    return Buffer.from(uuids.shift().replace(/-/g, ""), "hex");
};

const SystemDate = Date;
let now = 0;
global.Date = class extends SystemDate {
    constructor(...args) {
        super(...(args.length === 0 ? [now] : args));
    }
};

const get_dispatch = require("lk-dispatch").default;
loaded = true;

let put;
const kinesisClient = {
    putRecord(params, done) {
        put = params;
        done(null, { ShardId: "shardId-000000000000", SequenceNumber: "1" });
    },
};

async function run(line) {
    const one = JSON.parse(line);
    uuids = one.uuids;
    now = one.now;
    put = undefined;
    const dispatch = get_dispatch({
        kinesisClient,
        kinesisStream: "entrypoint",
        producerId: one.producerId,
    });
    const data = "data" in one ? JSON.parse(one.data) : undefined;
    await dispatch(one.type, data, {
        sourceUserId: one.sourceUserId,
        partitionKey: one.partitionKey,
    });
    if (uuids.length !== 0) throw new Error(`${uuids.length} UUIDs were not drawn`);
    // An SDK sends the text as UTF-8, so a text that has no UTF-8 form would not arrive as it is.
    if (Buffer.from(put.Data, "utf8").toString("utf8") !== put.Data) {
        throw new Error("the record has no UTF-8 form");
    }
    return { key: put.PartitionKey, record: put.Data, stringified: JSON.stringify(data) };
}

(async () => {
    const answers = [];
    const lines = fs.readFileSync(0, "utf8").split("\n");
    lines.pop();
    for (const [index, line] of lines.entries()) {
        try {
            answers.push(JSON.stringify(await run(line)) + "\n");
        } catch (error) {
            console.error(`case ${index + 1}: ${error.message}\n${line}`);
            process.exitCode = 1;
            return;
        }
    }
    fs.writeFileSync(1, answers.join(""));
})();
