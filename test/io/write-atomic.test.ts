import { spawnSync } from "node:child_process";
import { chmod, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { removeUnfinished, temporaryFile, writeAtomic } from "../../io/write-atomic.js";
import { asOrdinaryUser, assertRefused, withFolder } from "./support.js";

test("a file is written from pieces and replaces an older one", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.txt");
    await writeAtomic(path, ["old and longer"]);
    await writeAtomic(path, ["new ", new TextEncoder().encode("ν")]);
    assert.is(await readFile(path, "utf8"), "new ν");
    assert.equal(await readdir(folder), ["a.txt"]);
  }));

test("a write that fails half-way leaves the older file and nothing else", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.txt");
    await writeAtomic(path, ["old"]);
    async function* broken() {
      yield "half";
      throw new Error("the generator failed");
    }
    const error = await writeAtomic(path, broken()).catch((reason) => reason);
    assert.match(String(error), /the generator failed/);
    assert.is(await readFile(path, "utf8"), "old");
    assert.equal(await readdir(folder), ["a.txt"]);
  }));

test("a process that ends itself in the middle of writing leaves the older file and nothing else", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.txt");
    await writeAtomic(path, ["old"]);
    const script = `
      import { writeAtomic } from ${JSON.stringify(new URL("../../io/write-atomic.js", import.meta.url))};
      async function* endless() {
        yield "half";
        setTimeout(() => process.exit(130), 10);
        await new Promise(() => {});
      }
      await writeAtomic(${JSON.stringify(path)}, endless());
    `;
    const { status } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { timeout: 30_000 });
    assert.is(status, 130);
    assert.is(await readFile(path, "utf8"), "old");
    assert.equal(await readdir(folder), ["a.txt"]);
  }));

test("places that cannot be written to are named, with no file left behind", () =>
  withFolder(async (folder) => {
    await writeFile(join(folder, "file"), "");
    await mkdir(join(folder, "folder"));
    await assertRefused(
      () => writeAtomic(join(folder, "missing", "a.txt"), ["a"]),
      /missing\/a\.txt: expected a place to write to, got no such folder\. Create it first$/,
    );
    await assertRefused(
      () => writeAtomic(join(folder, "file", "a.txt"), ["a"]),
      /got a file where a folder should be\. Choose another output path$/,
    );
    await assertRefused(
      () => writeAtomic(join(folder, "folder"), ["a"]),
      /got a folder of this name\. Choose another output path$/,
    );
    assert.equal((await readdir(folder)).sort(), ["file", "folder"]);
  }));

test("a file may have the longest name there is, and a link of its name is replaced, not followed", () =>
  withFolder(async (folder) => {
    const path = join(folder, "n".repeat(255));
    await writeFile(join(folder, "dear"), "dear");
    await symlink(join(folder, "dear"), path);
    await writeAtomic(path, ["own"]);
    assert.is(await readFile(path, "utf8"), "own");
    assert.is(await readFile(join(folder, "dear"), "utf8"), "dear");
  }));

test("only what an ended process of this machine left unfinished is removed, and only in the folder itself", () =>
  withFolder(async (folder) => {
    const module = fileURLToPath(new URL("../../io/write-atomic.js", import.meta.url));
    const script = `import(${JSON.stringify(module)}).then((m) => console.log(m.temporaryFile("")))`;
    const left = spawnSync(process.execPath, ["-e", script], { encoding: "utf8" }).stdout.trim();
    assert.match(left, /^\.unbinned-.*\.tmp$/);
    const kept = [
      temporaryFile(""),
      left.replace(/^\.unbinned-.{12}/, `.unbinned-${"0".repeat(12)}`),
      ".a.0123456789ab.tmp",
      "a.tmp",
      "sub",
      "link",
    ].sort();
    await mkdir(join(folder, "sub"));
    await symlink(join(folder, "sub"), join(folder, "link"));
    for (const name of [left, ...kept.slice(0, -2)]) await writeFile(join(folder, name), "half");
    await writeFile(join(folder, "sub", left), "dear");
    await removeUnfinished(folder);
    assert.equal((await readdir(folder)).sort(), kept);
    assert.equal(await readdir(join(folder, "sub")), [left]);
    // A link of such a name leads elsewhere.
    await symlink(join(folder, "sub"), join(folder, left));
    await removeUnfinished(folder);
    assert.ok((await readdir(folder)).includes(left));
  }));

test("a folder without write permission is refused", () =>
  withFolder(async (folder) => {
    await chmod(folder, 0o555);
    await asOrdinaryUser(async () => {
      await assertRefused(
        () => writeAtomic(join(folder, "a.txt"), ["a"]),
        /a\.txt: expected a place to write to, got permission denied/,
      );
    });
    assert.equal(await readdir(folder), []);
    await chmod(folder, 0o755);
  }));

test.run();
