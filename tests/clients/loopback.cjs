// Loaded into every Node of these tests: a connection to anywhere but this machine is refused,
// and a name is not looked up.
"use strict";
const dns = require("node:dns");
const net = require("node:net");

const HERE = new Set(["127.0.0.1", "::1", "localhost"]);

function refusal(host) {
  return Object.assign(new Error(`a test tried to reach ${host}`), { code: "ECONNREFUSED" });
}

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  const host = typeof options === "object" ? options.host ?? "localhost" : "localhost";
  if (typeof options === "object" && options.path !== undefined) return connect.apply(this, args);
  if (HERE.has(host)) return connect.apply(this, args);
  process.nextTick(() => this.destroy(refusal(host)));
  return this;
};

for (const [owner, name] of [[dns, "lookup"], [dns.promises, "lookup"]]) {
  const lookup = owner[name];
  owner[name] = function (host, ...rest) {
    if (HERE.has(host)) return lookup.call(owner, host, ...rest);
    const callback = rest.at(-1);
    if (typeof callback !== "function") return Promise.reject(refusal(host));
    process.nextTick(callback, refusal(host));
  };
}
