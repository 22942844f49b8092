/** One command under attack: how it ended, how long it took, how much memory it had. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { asIfConverged } from "../cli/short-trainings.js";

export const MAIN = fileURLToPath(new URL("../../cli/main.js", import.meta.url));

/** What every command must keep to, whatever it is given. */
export const LIMITS = { seconds: 30, mebibytes: 2048 } as const;

export interface Attack {
  readonly words: readonly string[];
  /** A signal at a moment after the start, in ms. */
  readonly signal?: { readonly name: NodeJS.Signals; readonly after: number };
  /** A shell command line in which `"$@"` is the program: for limits and redirections. */
  readonly shell?: string;
  /** Seconds after which the command counts as hanging, and is killed. */
  readonly patience?: number;
}

export interface Ended {
  readonly out: string;
  readonly error: string;
  /** As a shell tells it: 128 and its number where a signal ended it. */
  readonly code: number;
  readonly seconds: number;
  /** Largest resident memory that was seen, looked at every 20 ms; 0 where the system does not tell. */
  readonly mebibytes: number;
  /** Whether it was killed because it took too long, or too much memory. */
  readonly isKilled: boolean;
}

/** Largest resident memory of a process so far, in MiB. */
function peakOf({ pid }: ChildProcess): number {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return line === null ? 0 : Number(line[1]) / 1024;
  } catch {
    // It has ended, or the system has no such file.
    return 0;
  }
}

export function attack({ words, signal, shell, patience = 2 * LIMITS.seconds }: Attack): Promise<Ended> {
  const program = [process.execPath, MAIN, ...words];
  const [command, ...rest] = shell === undefined ? program : ["/bin/bash", "-c", shell, "attack", ...program];
  const from = performance.now();
  const child = spawn(command!, rest, { stdio: ["ignore", "pipe", "pipe"], detached: true });
  const text = { out: "", error: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text.out += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text.error += chunk));
  let [mebibytes, isKilled] = [0, false];
  const kill = () => {
    isKilled = true;
    process.kill(-child.pid!, "SIGKILL");
  };
  const watch = setInterval(() => {
    mebibytes = Math.max(mebibytes, peakOf(child));
    if (mebibytes > 1.5 * LIMITS.mebibytes) kill();
  }, 20);
  const timers = [setTimeout(kill, 1000 * patience)];
  if (signal !== undefined) timers.push(setTimeout(() => child.kill(signal.name), signal.after));
  return new Promise((resolve) => {
    child.on("close", (code, by) => {
      clearInterval(watch);
      for (const timer of timers) clearTimeout(timer);
      const ended = { ...text, code: code ?? 128 + constants.signals[by!] };
      // What is attacked trains for a second.
      const { out, error, code: judged } = asIfConverged(ended);
      const seconds = (performance.now() - from) / 1000;
      resolve({ out, error, code: judged, seconds, mebibytes, isKilled });
    });
  });
}

/** What is wrong with how a command ended, whatever it was asked: a crash, a hang, a heap of memory; undefined where nothing is. */
export function misbehaviour({ code, error, seconds, mebibytes, isKilled }: Ended): string | undefined {
  if (mebibytes > LIMITS.mebibytes) return `took ${mebibytes.toFixed(0)} MiB`;
  if (isKilled || seconds > LIMITS.seconds) return `took ${seconds.toFixed(1)} s`;
  const trace = /^ +at .+/m.exec(error) ?? /internal:|unsettled|Unhandled/.exec(error);
  if (trace !== null) return `crashed: ${error.trim().split("\n")[0]} ... ${trace[0].trim()}`;
  if (![0, 1, 2, 3, 4, 129, 130, 137, 143].includes(code)) return `exit code ${code}: ${error.trim()}`;
  return undefined;
}

/** The same of a command that has to refuse its input, in one sentence with exit code 2. */
export function badRefusal(ended: Ended): string | undefined {
  const found = misbehaviour(ended);
  if (found !== undefined) return found;
  const lines = ended.error.trim().split("\n");
  // What is attacked trains for a second, so that checks of it warn before a step is met that is damaged.
  const others = lines.filter((line) => !line.startsWith("unbinned: warning: "));
  const said = others.filter((line) => line.startsWith("unbinned: "));
  if (ended.code !== 2) return `exit code ${ended.code}, not 2: ${lines[0]}`;
  if (said.length !== 1 || others.join("\n").length > 2000)
    return `no single sentence: ${lines.join(" | ").slice(0, 200)}`;
  return undefined;
}
