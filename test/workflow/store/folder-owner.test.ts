/** One owner of a folder at a time: who waits, what a dead process does not keep, and what is said. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ownIdentity, processState } from "../../../io/process-identity.js";
import { asOwner, LOCK } from "../../../workflow/store/folder-owner.js";

const root = mkdtempSync(join(tmpdir(), "unbinned-owner-"));
test.after(() => rmSync(root, { recursive: true }));

const identityModule = fileURLToPath(new URL("../../../io/process-identity.js", import.meta.url));
const script = `import(${JSON.stringify(identityModule)}).then((m) => console.log(m.ownIdentity()))`;
/** Of a process that has ended. */
const dead = spawnSync(process.execPath, ["-e", script], { encoding: "utf8" }).stdout.trim();

const fresh = (name: string) => {
  const folder = join(root, name);
  mkdirSync(folder);
  return folder;
};

/** A lock as another process would have left it. */
function lockedBy(folder: string, identity: string, host = "elsewhere"): void {
  mkdirSync(join(folder, LOCK));
  writeFileSync(join(folder, LOCK, `${identity}@0123456789ab@${host}`), "");
}

function listener() {
  const controller = new AbortController();
  const said: string[] = [];
  return { controller, said, context: { signal: controller.signal, warn: (text: string) => void said.push(text) } };
}

test("an identity is that of one process: this one runs, one that ended does not, one of another machine is not known", () => {
  assert.match(dead, /^[0-9a-f]{12}-\d+-([0-9a-f]{12}|0)$/);
  assert.is(processState(ownIdentity()), "running");
  assert.is(processState(dead), "ended");
  assert.is(processState(`000000000000${ownIdentity().slice(12)}`), "unknown");
  assert.is(processState("anything"), "unknown");
});

test("a number that another process got since is not the process that began earlier", () => {
  const [place, pid, start] = ownIdentity().split("-");
  if (start === "0") return assert.is(process.platform, "win32");
  assert.is(processState(`${place}-${pid}-${start === "0".repeat(12) ? "1" : "0".repeat(12)}`), "ended");
});

test("owners follow one another, each after a word about whom it waits for, and leave nothing", async () => {
  const folder = fresh("turns");
  let inside = 0;
  let most = 0;
  const turns = Array.from({ length: 4 }, async () => {
    const { said, context } = listener();
    await asOwner(folder, context, async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 20));
      inside--;
    });
    return said;
  });
  const said = (await Promise.all(turns)).flat();
  assert.is(most, 1);
  assert.ok(said.length >= 1 && said.length <= 3, `${said.length}`);
  for (const text of said) {
    assert.match(
      text,
      new RegExp(
        `turns is in use by another .unbinned. \\(process ${process.pid} on .*, since .* UTC\\)\\. Waiting until it has finished; Ctrl-C stops$`,
      ),
    );
  }
  assert.equal(readdirSync(folder), []);
});

test("what a killed process held is taken over by exactly one at a time", async () => {
  const folder = fresh("stale");
  lockedBy(folder, dead);
  let inside = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 5 }, () =>
      asOwner(folder, listener().context, async () => {
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setTimeout(resolve, 5));
        inside--;
      }),
    ),
  );
  assert.is(most, 1);
  assert.equal(readdirSync(folder), []);
});

test("a lock that was being given up, empty, holds nobody up; a failure inside gives the folder up", async () => {
  const folder = fresh("empty");
  mkdirSync(join(folder, LOCK));
  const failure = await asOwner(folder, listener().context, async () => {
    assert.is(readdirSync(join(folder, LOCK)).length, 1);
    throw new Error("inside");
  }).catch((error) => error);
  assert.is(failure.message, "inside");
  assert.not.ok(existsSync(join(folder, LOCK)));
});

test("a process of another machine is waited for, with until when; Ctrl-C ends the wait", async () => {
  const folder = fresh("foreign");
  lockedBy(folder, `000000000000-17-${"0".repeat(12)}`, "farm-node-3");
  const { controller, said, context } = listener();
  const waiting = asOwner(folder, context, async () => assert.unreachable("it has an owner")).catch((error) => error);
  await new Promise((resolve) => setTimeout(resolve, 50));
  controller.abort();
  assert.is((await waiting).name, "AbortError");
  assert.match(
    said.join("\n"),
    /^[^\n]*process 17 on farm-node-3, since .*\), which this machine cannot see\. Waiting until it has finished, or gave no sign of life for 180 s; Ctrl-C stops$/,
  );
  assert.is(readdirSync(join(folder, LOCK)).length, 1);
});

test("a lock that is a link is refused, and what it leads to is left alone", async () => {
  const folder = fresh("linked");
  mkdirSync(join(root, "dear"));
  symlinkSync(join(root, "dear"), join(folder, LOCK));
  const error = await asOwner(folder, listener().context, async () => {}).catch((reason) => reason);
  assert.match(
    error.message,
    /linked\/\.unbinned-owner: expected a folder of its own .*, got a link\. Remove the link/,
  );
  assert.equal(readdirSync(join(root, "dear")), []);
});

test("a place of the lock that is a file is refused at once, in one sentence", async () => {
  const folder = fresh("file");
  writeFileSync(join(folder, LOCK), "dear");
  const error = await asOwner(folder, listener().context, async () => {}).catch((reason) => reason);
  assert.match(
    error.message,
    /file\/\.unbinned-owner: expected the lock of a running `unbinned`, or nothing, got a file\. Remove it/,
  );
});

test("what is no lock of ours is not waited for", async () => {
  for (const [i, name] of ["junk", "1-1@abc@host", `${dead}@0123456789ab@a b`, "9".repeat(200)].entries()) {
    const folder = fresh(`foreign${i}`);
    mkdirSync(join(folder, LOCK));
    writeFileSync(join(folder, LOCK, name), "dear");
    const error = await asOwner(folder, listener().context, async () => {}).catch((reason) => reason);
    assert.match(error.message, /\.unbinned-owner: expected the lock .*, got something else\. Remove it/);
    assert.equal(readdirSync(join(folder, LOCK)), [name]);
  }
});

test.run();
