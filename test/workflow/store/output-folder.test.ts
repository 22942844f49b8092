import { linkSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { isSameFile } from "../../../workflow/store/output-folder.js";

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

test.run();
