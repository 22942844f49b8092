/** The program as a user runs it: a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { asIfConverged } from "./short-trainings.js";

const main = fileURLToPath(new URL("../../cli/main.js", import.meta.url));

/** How it ended, as if its trainings had converged: those of tests are too short for that. */
export interface Ended {
  readonly out: string;
  readonly error: string;
  /** null where a signal ended it. */
  readonly code: number | null;
}

export interface Running {
  readonly child: ChildProcess;
  /** Resolves when stdout has shown the text. */
  shown(text: string): Promise<void>;
  readonly ended: Promise<Ended>;
}

export function start(words: readonly string[]): Running {
  const child = spawn(process.execPath, [main, ...words], { stdio: ["ignore", "pipe", "pipe"] });
  const text = { out: "", error: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text.out += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text.error += chunk));
  const ended = new Promise<Ended>((resolve) => child.on("close", (code) => resolve(asIfConverged({ ...text, code }))));
  const shown = (wanted: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => text.out.includes(wanted) && resolve();
      child.stdout.on("data", look);
      child.on("close", () => reject(new Error(`ended without "${wanted}":\n${text.out}${text.error}`)));
      look();
    });
  return { child, shown, ended };
}

export const unbinned = (...words: readonly string[]): Promise<Ended> => start(words).ended;
