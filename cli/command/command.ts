/** One command from its words to its exit code. */

import { suggestion } from "../../io/edit-distance.js";
import { DeviceLostError, UsageError } from "../../workflow/errors.js";
import { readVersion } from "../../workflow/version.js";
import { type CommandLine, parseArguments } from "./arguments.js";
import { EXIT, exitCode } from "./exit-codes.js";
import { generalHelp, verbHelp } from "./help.js";
import { createProgress, type ProgressTarget } from "./progress.js";
import { errorText, shown } from "./terminal-text.js";
import { RENAMED, VERBS, type VerbEntry } from "./verb-table.js";

/** The process around the command. */
export interface CommandHost {
  writeOut(text: string): void;
  writeError(text: string): void;
  /** Is the stream a terminal, and how many columns has it? */
  readonly out: { readonly isTerminal: boolean; readonly width: number };
  readonly error: { readonly isTerminal: boolean; readonly width: number };
  readonly isDebug: boolean;
  readonly signal: AbortSignal;
}

/** Runs the command and gives its exit code; never throws. */
export async function runCommand(words: readonly string[], host: CommandHost): Promise<number> {
  try {
    await dispatch(parseArguments(words), host);
  } catch (error) {
    // What a verb throws because it was asked to stop is not news.
    if (!host.signal.aborted) host.writeError(`${errorText(error, host.isDebug)}\n`);
    else if (host.isDebug) host.writeError(`${errorText(error, true)}\n`);
    return host.signal.aborted ? EXIT.interrupted : exitCode(error);
  }
  return host.signal.aborted ? EXIT.interrupted : EXIT.ok;
}

async function dispatch(line: CommandLine, host: CommandHost): Promise<void> {
  if (line.options.version) return host.writeOut(`${readVersion()}\n`);
  const name = line.verb === "help" ? line.operands[0] : line.verb;
  if (name === undefined) {
    if (line.verb === "help" || line.options.help) return host.writeOut(`${generalHelp()}\n`);
    throw new UsageError("unbinned", { expected: "a verb", got: "none", hint: "`unbinned --help` lists them" });
  }
  const verb = findVerb(name);
  if (line.verb === "help" || line.options.help) return host.writeOut(`${verbHelp(name, verb)}\n`);
  checkUse(name, verb, line);
  await callVerb(name, verb, line, host);
}

function findVerb(name: string): VerbEntry {
  if (Object.hasOwn(VERBS, name)) return VERBS[name]!;
  const renamed = Object.hasOwn(RENAMED, name) ? RENAMED[name] : undefined;
  const hint = renamed === undefined ? suggestion(name, Object.keys(VERBS)) : `It is \`unbinned ${renamed}\` now`;
  throw new UsageError("unbinned", { expected: "a verb", got: name, hint });
}

function checkUse(name: string, verb: VerbEntry, line: CommandLine): void {
  const usage = ["unbinned", name, ...verb.operands].join(" ");
  const { length } = line.operands;
  const least = verb.operands.filter((operand) => !operand.startsWith("[")).length;
  if (length < least || length > verb.operands.length) {
    const got = length === 0 ? "nothing" : line.operands.join(" ");
    const expected = verb.operands.length === 0 ? "nothing behind the verb" : verb.operands.join(" ");
    throw new UsageError(`unbinned ${name}`, { expected, got, hint: `Usage: ${usage}` });
  }
  const refused = line.given.find((option) => !verb.options.includes(option));
  if (refused !== undefined) {
    const hint = `\`unbinned ${name} --help\` lists its options`;
    throw new UsageError(`unbinned ${name}`, { expected: "an option of this verb", got: `--${refused}`, hint });
  }
}

/** The engine advises those who call it; whoever runs a command runs it again. */
function advised(error: unknown, name: string): unknown {
  if (!(error instanceof DeviceLostError)) return error;
  const kept = "What is done is kept: the same command resumes from there";
  return new DeviceLostError(error.reason, name === "run" ? kept : "Run the command again");
}

/** The message after Ctrl-C. `run` keeps what it has trained. */
function stoppingText(name: string): string {
  const where = name === "run" ? "stopping at the next safe point, from which `run` will resume" : "stopping";
  return `\nunbinned: ${where}; press Ctrl-C again to quit at once\n`;
}

/**
 * Milliseconds that a verb has to stop by itself once it was asked to; then it is left where it stands. A run may save a training
 * first. Nothing is lost by leaving it: files are written whole or not at all, and a run resumes from the last one.
 */
const GRACE = { run: 5000, other: 400 } as const;

/** Rejects when the patience with a verb that was asked to stop is over; until `end`. */
function patience(signal: AbortSignal, milliseconds: number) {
  const ended = new AbortController();
  const over = new Promise<never>((_, reject) => {
    const begin = () => {
      const timer = setTimeout(() => reject(signal.reason), milliseconds);
      ended.signal.addEventListener("abort", () => clearTimeout(timer));
    };
    signal.addEventListener("abort", begin, { signal: ended.signal });
  });
  return { over, end: () => ended.abort() };
}

async function callVerb(name: string, verb: VerbEntry, line: CommandLine, host: CommandHost): Promise<void> {
  const { json } = line.options;
  const run = await verb.load();
  host.signal.throwIfAborted();
  const progress = createProgress(progressTarget(host, json));
  const print = (text: string) => progress.aside(() => host.writeOut(`${text}\n`));
  const sayStopping = () => progress.aside(() => host.writeError(stoppingText(name)));
  host.signal.addEventListener("abort", sayStopping);
  const { over, end } = patience(host.signal, name === "run" || name === "coverage" ? GRACE.run : GRACE.other);
  try {
    const work = run({
      operands: line.operands,
      options: line.options,
      progress,
      signal: host.signal,
      print: (text) => {
        if (!json) print(shown(text));
      },
      printJson: (value) => {
        if (json) print(JSON.stringify(value, undefined, 2));
      },
      warn: (text) => progress.aside(() => host.writeError(`unbinned: warning: ${shown(text)}\n`)),
    });
    await Promise.race([work, over]);
  } catch (error) {
    throw advised(error, name);
  } finally {
    end();
    host.signal.removeEventListener("abort", sayStopping);
    progress.close();
  }
}

/** Under --json stdout belongs to the result. */
function progressTarget(host: CommandHost, isJson: boolean): ProgressTarget {
  const { isTerminal, width } = isJson ? host.error : host.out;
  return {
    isTerminal,
    width,
    write: isJson ? host.writeError : host.writeOut,
    now: () => performance.now(),
  };
}
