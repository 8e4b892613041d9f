"use strict";
// Loaded before another Kinesis server (node --require): whatever port it wants to listen on, it
// gets a free one on 127.0.0.1, and standard output says which: "listening WANTED GOT".

const net = require("net");

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
    const callback = args.find((argument) => typeof argument === "function");
    const wanted = typeof args[0] === "object" ? args[0].port : args[0];
    this.prependOnceListener("listening", () => {
        console.log(`listening ${wanted} ${this.address().port}`);
    });
    return listen.call(this, { host: "127.0.0.1", port: 0 }, ...(callback ? [callback] : []));
};
