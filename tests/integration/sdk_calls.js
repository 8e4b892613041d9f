"use strict";
// Makes calls with an AWS SDK for JavaScript, for a test in another language:
//
//     node sdk_calls.js v2|v3|v3-http2 ENDPOINT
//
// Each line of standard input is a call, {"operation": "PutRecord", "input": {…}}, and is answered
// with a line {"output": …} or {"error": {"name": …, "message": …}}. Bytes are {"base64": …} both
// ways, times are milliseconds. The SDKs are used as their guides say, with their defaults; v3
// with its HTTP/1.1 handler, or with its default one, which speaks HTTP/2 alone (v3-http2).

const readline = require("readline");

const [version, endpoint] = process.argv.slice(2);

function callers() {
    if (version === "v2") {
        const AWS = require("aws-sdk");
        const kinesis = new AWS.Kinesis({ endpoint });
        return (operation, input) =>
            kinesis[operation[0].toLowerCase() + operation.slice(1)](input).promise();
    }
    const sdk = require("@aws-sdk/client-kinesis");
    const { NodeHttpHandler } = require("@smithy/node-http-handler");
    const options = { endpoint };
    if (version === "v3") options.requestHandler = new NodeHttpHandler();
    else options.maxAttempts = 1;
    const kinesis = new sdk.KinesisClient(options);
    return (operation, input) => kinesis.send(new sdk[operation + "Command"](input));
}

// JSON.stringify calls toJSON of Buffer and Date before a replacer sees them, so this comes first.
function written(value) {
    if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString("base64") };
    if (value instanceof Date) return value.getTime();
    if (Array.isArray(value)) return value.map(written);
    if (value !== null && typeof value === "object") {
        return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, written(v)]));
    }
    return value;
}

function read(key, value) {
    if (value !== null && typeof value === "object" && "base64" in value) {
        return Buffer.from(value.base64, "base64");
    }
    return key === "Timestamp" ? new Date(value) : value;
}

(async () => {
    const call = callers();
    for await (const line of readline.createInterface({ input: process.stdin })) {
        const { operation, input } = JSON.parse(line, read);
        let answer;
        try {
            const output = await call(operation, input);
            delete output.$metadata;
            answer = { output: written(output) };
        } catch (error) {
            answer = { error: { name: error.code || error.name, message: error.message } };
        }
        process.stdout.write(JSON.stringify(answer) + "\n");
    }
    process.exit(0);
})();
