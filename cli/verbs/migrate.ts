import { chmodSync, copyFileSync, existsSync, realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { writeAtomic } from "../../io/write-atomic.js";
import { readConfigurationFile } from "../../workflow/configuration/file.js";
import { migrated } from "../../workflow/configuration/migration/migration.js";
import { UsageError } from "../../workflow/errors.js";
import { checkExport } from "../../workflow/store/exported-folder.js";
import { checkOutputFile, isSameFile } from "../../workflow/store/output-folder.js";
import { shown } from "../command/terminal-text.js";
import type { VerbContext } from "../command/verb.js";

/** Writes a configuration of an earlier version as this one reads it; the old text stays beside the new one. */
export async function migrate(context: VerbContext): Promise<void> {
  const { options, operands } = context;
  const file = operands[0]!;
  const { text, renamed } = migrated(readConfigurationFile(file), file);
  const names = renamed.map(({ path, to }) => ({ from: path.join("."), to: to.join(".") }));
  if (names.length === 0) {
    const sentence = `${file}: no key of an earlier version. Nothing is written`;
    if (options.out === STDOUT) context.warn(sentence);
    else context.print(`${sentence}.`);
    return context.printJson({ renamed: names, file: null, kept: null });
  }
  if (options.out === STDOUT) {
    context.print(printable(text, file));
    return context.printJson({ renamed: names, file: null, kept: null, text });
  }
  const { target, kept } = await write(file, text, options);
  const old = kept === null ? "" : ` The old text is in ${kept}.`;
  context.print([`Wrote ${target}.${old}`, ...names.map(({ from, to }) => `  ${from} is now ${to}`)].join("\n"));
  context.printJson({ renamed: names, file: target, kept });
  if (!isSameFile(dirname(target), dirname(file))) {
    context.warn(`${target}: the names of files in it are relative to its folder, which is not that of ${file}`);
  }
}

/** As a value of --out. */
const STDOUT = "-";

/** What stdout shows as it is; lines end there as everywhere. */
function printable(text: string, file: string): string {
  const lines = text.replaceAll("\r\n", "\n").replace(/\n$/, "");
  if (shown(lines) === lines) return lines;
  throw new UsageError("--out -", {
    expected: "a text that a terminal shows as it is",
    got: `control characters in ${file}`,
    hint: "Write to a file",
  });
}

/** The new file, and where the old text is, unless its file stays as it is. */
async function write(file: string, text: string, { out, force }: VerbContext["options"]) {
  const isInPlace = out === undefined || isSameFile(out, file);
  const target = isInPlace ? realpathSync(file) : out;
  const kept = isInPlace ? `${target}.old` : null;
  if (isInPlace) await refuseExport(file);
  checkOutputFile(target);
  checkOutputFile(kept ?? target);
  refuseExisting(kept ?? target, force);
  if (kept !== null) copyFileSync(target, kept);
  const { mode } = statSync(file);
  await writeAtomic(target, [text]);
  chmodSync(target, mode);
  return { target, kept };
}

function refuseExisting(file: string, force: boolean): void {
  if (force || !existsSync(file)) return;
  throw new UsageError(file, { expected: "no such file yet", got: "one", hint: "--force overwrites it" });
}

/** Its checksums would no longer be those of its files. */
async function refuseExport(file: string): Promise<void> {
  if (!(await checkExport(file))) return;
  throw new UsageError(file, {
    expected: "a configuration that is not part of an export",
    got: "one with checksums beside it",
    hint: "Migrate the configuration of which it was exported, and export it again; --out writes elsewhere",
  });
}
