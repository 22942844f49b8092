/** The program in the process of the test: what it writes, and how it ends. */
import { runCommand } from "../../cli/command/command.js";
import { asIfConverged } from "./short-trainings.js";

export interface Ran {
  readonly out: string;
  readonly error: string;
  readonly code: number;
}

export interface Surroundings {
  /** Ctrl-C. */
  readonly signal?: AbortSignal;
  /** A terminal of 200 columns on stdout, which shows every step at once. */
  readonly isTerminal?: boolean;
  /** Whether to hear that trainings did not converge: those of most tests are too short for that. */
  readonly judgesTrainings?: boolean;
  /** Called with what is written to stdout or stderr. */
  readonly onText?: (text: string) => void;
}

export async function runInProcess(words: readonly string[], around: Surroundings = {}): Promise<Ran> {
  const { signal = new AbortController().signal, isTerminal = false, judgesTrainings = false, onText } = around;
  let [out, error] = ["", ""];
  const code = await runCommand(words, {
    writeOut(text) {
      out += text;
      onText?.(text);
    },
    writeError(text) {
      error += text;
      onText?.(text);
    },
    out: { isTerminal, width: isTerminal ? 200 : 80 },
    error: { isTerminal: false, width: 80 },
    isDebug: false,
    signal,
  });
  return judgesTrainings ? { out, error, code } : asIfConverged({ out, error, code });
}
