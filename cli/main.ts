#!/usr/bin/env node
import { runCommand } from "./command/command.js";
import { EXIT, exitCode } from "./command/exit-codes.js";
import { OutputStream } from "./command/output-stream.js";
import { errorText } from "./command/terminal-text.js";

const out = new OutputStream("stdout", process.stdout);
const error = new OutputStream("stderr", process.stderr);
const isDebug = process.env.UNBINNED_DEBUG === "1";

/** What asks a command to stop, and the exit code then: 128 and the signal's number, as shells count. */
const STOPS = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.hungUp } as const;

/** Milliseconds in which one request may come twice: to the process and to its group, as `timeout` and `npx` send it. */
const ECHO = 200;

const stop = new AbortController();
let stopped: { readonly code: number; readonly time: number } | undefined;

for (const [signal, code] of Object.entries(STOPS)) {
  process.on(signal, () => {
    const time = performance.now();
    if (stopped !== undefined && time - stopped.time > ECHO) process.exit(code);
    stopped ??= { code, time };
    stop.abort();
  });
}

/** Idle worker threads must not keep the process; what was written must leave it first. */
async function end(code: number): Promise<void> {
  const complaint = await out.complaint();
  if (complaint !== undefined) error.write(`${complaint}\n`);
  await error.complaint();
  const own = complaint !== undefined && code === EXIT.ok ? EXIT.analysisFailure : code;
  process.exit(stopped !== undefined && code === EXIT.interrupted ? stopped.code : own);
}

/** The end of a command by an unexpected error. An error after the user asked to stop is not reported. */
function fail(reason: unknown): void {
  if (stopped !== undefined) return void end(EXIT.interrupted);
  error.write(`${errorText(reason, isDebug)}\n`);
  void end(exitCode(reason));
}

process.on("uncaughtException", fail);
// Nothing is left that could go on, yet the command has not ended.
process.once("beforeExit", () => fail(new Error("internal: the command stopped in the middle of its work")));

void runCommand(process.argv.slice(2), {
  writeOut: (text) => out.write(text),
  writeError: (text) => error.write(text),
  out: out.shape,
  error: error.shape,
  isDebug,
  signal: stop.signal,
}).then(end);
