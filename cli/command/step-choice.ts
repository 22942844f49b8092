/** Options that choose steps, and what they do not go with. */
import { UsageError } from "../../workflow/errors.js";
import type { Options } from "./arguments.js";

export function checkChoice({ only, from, force, replica }: Options): void {
  const choice = only.length > 0 ? "--only" : from === undefined ? undefined : "--from";
  if (choice === undefined) return;
  const hint = `Leave it out: ${choice} ${choice === "--only" ? "does what is not done" : "repeats what it names"}`;
  if (force) throw new UsageError("--force", { expected: `no --force beside ${choice}`, got: "both", hint });
  if (replica === undefined) return;
  throw new UsageError("--replica", {
    expected: `no --replica beside ${choice}`,
    got: "both",
    hint: "Use --only alone",
  });
}
