/** Options that choose steps, and what they do not go with. */
import { UsageError } from "../../workflow/errors.js";
import type { Options } from "./arguments.js";

/** Refuses an option beside another. */
function refuse(option: "only" | "from" | "force" | "replica", beside: string, hint: string): never {
  throw new UsageError(`--${option}`, { expected: `no --${option} beside ${beside}`, got: "both", hint });
}

export function checkChoice({ only, from, part, force, replica }: Options): void {
  const choice = only.length > 0 ? "--only" : from === undefined ? undefined : "--from";
  if (part !== undefined) {
    const whole = `--part ${part}`;
    if (choice !== undefined && part !== "steps") {
      const does = part === "report" ? "does no step" : "does what comes before all steps";
      refuse(only.length > 0 ? "only" : "from", whole, `Leave it out: ${whole} ${does}`);
    }
    if (force) refuse("force", whole, "Leave it out: others may need what is there");
    if (replica !== undefined) refuse("replica", whole, `Use --part steps --only replica.${replica}`);
  }
  if (choice === undefined) return;
  if (force) {
    refuse(
      "force",
      choice,
      `Leave it out: ${choice} ${choice === "--only" ? "does what is not done" : "repeats what it names"}`,
    );
  }
  if (replica !== undefined) refuse("replica", choice, "Use --only alone");
}

/** Whether a command has its folder to itself; those that write files of their own share it. */
export const isAlone = ({ part, replica }: Options): boolean =>
  replica === undefined && (part === undefined || part === "report");
