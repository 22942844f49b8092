import { writeFileSync } from "node:fs";
import { configurationText } from "../../workflow/configuration/text.js";
import { UsageError } from "../../workflow/errors.js";
import type { VerbContext } from "../command/verb.js";

/** Writes the commented configuration; an existing file is replaced only with --force. */
export async function init(context: VerbContext): Promise<void> {
  const file = context.operands[0] ?? "analysis.yaml";
  try {
    writeFileSync(file, configurationText(), { flag: context.options.force ? "w" : "wx" });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EEXIST") {
      throw new UsageError(file, { expected: "no such file yet", got: "one", hint: "--force overwrites it" });
    }
    throw new UsageError(file, { expected: "a file to write", got: String(code), hint: "Choose another place" });
  }
  context.print(`Wrote ${file}. Edit it, then: unbinned validate ${file}`);
}
