/** The folder of the results, and files in it. */
import { chmodSync, linkSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createOutputFolder, isSameFile } from "../../../workflow/store/output-folder.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-output-"));
const at = (name: string) => join(folder, name);
test.after(() => rmSync(folder, { recursive: true }));

test("a file is the same by every name; links that lead nowhere are no file", () => {
  writeFileSync(at("a"), "");
  writeFileSync(at("b"), "");
  linkSync(at("a"), at("hard"));
  symlinkSync(at("a"), at("soft"));
  symlinkSync(at("loop"), at("loop"));
  symlinkSync(at("nothing"), at("dangling"));
  for (const name of ["a", "hard", "soft"]) assert.is(isSameFile(at("a"), at(name)), true, name);
  for (const name of ["b", "loop", "dangling", "nothing", "a/under"])
    assert.is(isSameFile(at("a"), at(name)), false, name);
  for (const name of ["loop", "dangling"]) assert.is(isSameFile(at(name), at(name)), false, name);
});

test("an output folder is made, or it is said why it cannot be written", () => {
  const folder = at("made");
  createOutputFolder(join(folder, "a", "b"));
  writeFileSync(join(folder, "a", "b", "made"), "");
  writeFileSync(join(folder, "file"), "");
  assert.throws(
    () => createOutputFolder(join(folder, "file")),
    /file: expected a folder that can be written, got a file of that name\. Choose another with --out/,
  );
  assert.throws(() => createOutputFolder(join(folder, "file", "c")), /got a file in its path|got a file of that name/);
  if (process.platform === "linux")
    assert.throws(() => createOutputFolder("/proc/a/b"), /expected a folder that can be written/);
  const closed = join(folder, "closed");
  createOutputFolder(closed);
  chmodSync(closed, 0o500);
  // The superuser may write anywhere.
  if (process.getuid?.() !== 0) assert.throws(() => createOutputFolder(closed), /got permission denied/);
});

test.run();
