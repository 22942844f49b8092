/** What bundlers for browsers take in place of index.ts: everything but io, which needs the files of Node. */
export * from "./engine/index.js";
export * from "./flows/index.js";
export * from "./inference/index.js";

export const version = "0.1.0";
