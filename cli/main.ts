#!/usr/bin/env node
import { runCommand } from "./command.js";
import { EXIT } from "./messages.js";

const stop = new AbortController();

process.on("SIGINT", () => {
  if (stop.signal.aborted) process.exit(EXIT.interrupted);
  stop.abort();
});

// `unbinned … | head` closes the pipe early: nobody is left to write to.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? EXIT.ok : EXIT.analysisFailure);
});

const stream = ({ isTTY, columns }: NodeJS.WriteStream) => ({ isTerminal: isTTY === true, width: columns ?? 80 });

const code = await runCommand(process.argv.slice(2), {
  writeOut: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
  out: stream(process.stdout),
  error: stream(process.stderr),
  isDebug: process.env.UNBINNED_DEBUG === "1",
  signal: stop.signal,
});

// Idle worker threads must not keep the process; what was written must leave it first.
process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
