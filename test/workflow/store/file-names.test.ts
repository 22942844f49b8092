/** Names of files from users' words: safe on every file system, and never the same for two. */
import { basename, join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { distinctFileNames, fileName } from "../../../workflow/store/file-names.js";

const HOSTILE = [
  "p_T [GeV/c]",
  "../../../../ESCAPED",
  "/etc/passwd",
  "C:\\windows",
  "a\u0000b",
  "CON",
  "nul",
  ".hidden",
  "..",
  ".",
  "",
  " ",
  "trailing.",
  "JES",
  "jes",
  "Jes",
  "é",
  "e\u0301",
  "名前",
  "😀",
  "x".repeat(300),
  `${"x".repeat(300)}y`,
  "a~b",
  "a\nb",
  'a"b',
  "a:b",
  "a*b?",
  "shift",
  "shift.unfinished",
  "constructor",
  "__proto__",
];

/** What no file system refuses, and no shell or path misreads. */
function checkName(name: string): void {
  assert.match(name, /^[\w.~-]+$/);
  assert.ok(name.length <= 110, name);
  assert.is(basename(join("/out", name)), name);
}

const folded = (names: readonly string[]) => new Set(names.map((name) => name.toLowerCase())).size;

test("a name of any word is safe, and other words have other names, whatever their case", () => {
  const texts = HOSTILE.map((text) => `x.morph.single.${text}`);
  const names = texts.map(fileName);
  names.forEach(checkName);
  assert.is(folded(names), HOSTILE.length);
  assert.is(fileName("x.morph.single.shift"), "x.morph.single.shift");
  assert.is.not(fileName(fileName("JES")), fileName("JES"), "no text names another's hash");
});

test("pictures have readable names, no two alike", () => {
  const names = distinctFileNames([...HOSTILE, ...HOSTILE, "B", "b"].map((text) => `scan-${text}`));
  names.forEach(checkName);
  assert.is(folded(names), 2 * HOSTILE.length + 2);
  assert.equal(distinctFileNames(["scan-a-b", "scan-A-b", "scan-a-b"]), ["scan-a-b", "scan-A-b~2", "scan-a-b~3"]);
});

test.run();
