// seed_dispatch.js ENDPOINT EVENTS: the same events through lk-dispatch 1.1.0 and the AWS SDK that
// it is used with, as many at once as keep it busy. Run where both are installed. Prints one line of
// JSON like dispatch_cpu's.
"use strict";

const https = require("https");
const AWS = require("aws-sdk");
const getDispatch = require("lk-dispatch").default || require("lk-dispatch");

const [endpoint, count] = [process.argv[2], Number(process.argv[3])];
const kinesisClient = new AWS.Kinesis({
    endpoint, region: "us-east-1", accessKeyId: "local", secretAccessKey: "local",
    httpOptions: {agent: new https.Agent({keepAlive: true, maxSockets: 32})},
});
const dispatch = getDispatch({kinesisClient, kinesisStream: "bench", producerId: "server@hostname"});
const data = {
    id: "1000000000",
    element: {title: "An ordinary title, with café", author: "somebody@example.org",
        published: true, votes: 92.07, tags: ["one", "two", "three"], body: ""},
};
data.element.body = "x".repeat(300 - Buffer.byteLength(JSON.stringify(data)));

async function run(events) {
    let left = events;
    const worker = async () => {
        while (left-- > 0) await dispatch("element inserted in collection posts", data);
    };
    await Promise.all(Array.from({length: 32}, worker));
}

(async () => {
    await run(200);
    const cpu = process.cpuUsage();
    const start = process.hrtime.bigint();
    await run(count);
    const used = process.cpuUsage(cpu);
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    console.log(JSON.stringify({
        events: count,
        cpu_ns_per_event: Math.round((used.user + used.system) * 1000 / count),
        events_per_second: Math.round(count / seconds),
    }));
})().catch((error) => { console.error(error); process.exit(1); });
