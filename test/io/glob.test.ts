import { mkdirSync, writeFileSync } from "node:fs";
import { join, posix, win32 } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readEvents } from "../../io/columns.js";
import { isPattern, matcherOf, matchesOf, partsOf } from "../../io/glob.js";
import { assertRefused, withFolder } from "./support.js";

test("patterns match names as a shell does", () => {
  const cases: [string, string[], string[]][] = [
    ["*.root", ["a.root", ".root"], ["a.root2", "root"]],
    ["2016?.npz", ["2016B.npz"], ["2016.npz", "2016BB.npz"]],
    ["[A-C]1", ["A1", "C1"], ["D1", "a1"]],
    ["[!A-C]1", ["D1", "a1"], ["A1"]],
    ["[]]x", ["]x"], ["x"]],
    ["[a", ["[a"], ["a"]],
    ["a*b*c", ["abc", "axxbyyc", "abbcbc"], ["ab", "acb"]],
    ["*", ["", "x"], []],
    ["a.c", ["a.c"], ["abc"]],
  ];
  for (const [pattern, yes, no] of cases) {
    for (const name of yes) assert.ok(matcherOf(pattern)(name), `${pattern} ${name}`);
    for (const name of no) assert.not.ok(matcherOf(pattern)(name), `${pattern} ${name}`);
  }
  assert.equal(["a.root", "a?", "[a]", "*"].map(isPattern), [false, true, true, true]);
});

test("on Windows a backslash is between names, elsewhere a letter", () => {
  for (const [pattern, onWindows, elsewhere] of [
    ["a/b*.npz", ["", "a", "b*.npz"], ["", "a", "b*.npz"]],
    ["/a/*", ["/", "a", "*"], ["/", "a", "*"]],
    ["a\\b*.npz", ["", "a", "b*.npz"], ["", "a\\b*.npz"]],
    ["C:\\a/b*", ["C:\\", "a", "b*"], ["", "C:\\a", "b*"]],
    ["\\\\host\\share\\*.root", ["\\\\host\\share\\", "*.root"], ["", "\\\\host\\share\\*.root"]],
  ] as const) {
    for (const [platform, expected] of [
      [win32, onWindows],
      [posix, elsewhere],
    ] as const) {
      const { root, parts } = partsOf(pattern, platform);
      assert.equal([root, ...parts], expected, pattern);
    }
  }
});

test("names that are too long, or behind what is no folder, match nothing", () =>
  withFolder(async (folder) => {
    writeFileSync(join(folder, "plain"), "");
    for (const pattern of [`${"x*".repeat(200)}.npz`, `*/${"x".repeat(300)}`, "*/a.npz", `${"*/".repeat(3000)}a.npz`]) {
      assert.equal(matchesOf(join(folder, pattern)), [], pattern.slice(0, 20));
      await assertRefused(
        () => readEvents(join(folder, `${pattern}.npz`)),
        /expected files that match .*, got none\. Check/,
      );
    }
    await assertRefused(() => readEvents(`${folder}\\*.npz`), /got none\. Write \/ between the names of folders$/);
  }));

test("a pattern made to be slow is not", () => {
  assert.not.ok(matcherOf(`${"*a".repeat(50)}b`)("a".repeat(5000)));
});

test("files come sorted, whatever the order of the folder; hidden ones and folders are left out", () =>
  withFolder(async (folder) => {
    for (const name of ["sub", "sub/deep", ".hidden", "x.npz.d"]) mkdirSync(join(folder, name));
    for (const name of [
      "b.npz",
      "a.npz",
      "A.npz",
      ".c.npz",
      "sub/d.npz",
      "sub/deep/e.npz",
      ".hidden/f.npz",
      "x.npz.d/g.csv",
    ]) {
      writeFileSync(join(folder, name), "");
    }
    const found = (pattern: string) => matchesOf(join(folder, pattern)).map((path) => path.slice(folder.length + 1));
    assert.equal(found("*.npz"), ["A.npz", "a.npz", "b.npz"]);
    assert.equal(found(".*.npz"), [".c.npz"]);
    assert.equal(found("*/*.npz"), ["sub/d.npz"]);
    assert.equal(found("**/*.npz"), ["A.npz", "a.npz", "b.npz", "sub/d.npz", "sub/deep/e.npz"]);
    assert.equal(found("s?b/*/[a-e].npz"), ["sub/deep/e.npz"]);
    assert.equal(found("nowhere/*.npz"), []);
    assert.equal(found("x*"), []);
  }));

test("many wildcards over folders look into each of them once for every part", () =>
  withFolder(async (folder) => {
    let deepest = folder;
    for (let depth = 0; depth < 14; depth++) {
      deepest = join(deepest, "d");
      mkdirSync(deepest);
    }
    writeFileSync(join(deepest, "x.npz"), "");
    // In as many ways as 14 folders can be shared out among 12 of them: hours, one by one.
    assert.equal(matchesOf(join(folder, ...new Array<string>(12).fill("**"), "*.npz")), [join(deepest, "x.npz")]);
  }));

test.run();
