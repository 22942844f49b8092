/** The process around a command: signals, streams that fail, and ends that nobody foresaw. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { VERBS, type VerbEntry } from "../../cli/command/verb-table.js";
import { start } from "./child-process.js";
import { runInProcess } from "./in-process.js";
import { TINY_TOY } from "./tiny-toy.js";

const main = fileURLToPath(new URL("../../cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "unbinned-process-"));
const file = join(folder, "analysis.yaml");

test.before(() => {
  // Whose training takes long enough to be interrupted.
  const flows = TINY_TOY.replace("epochs: 3", "epochs: 100000");
  const observables = "observables: { x: { features: 2 }, y: { features: 2 } }\n";
  writeFileSync(
    file,
    `simulation: { generator: doi-toy, events: 2000 }\ndata: { generator: doi-toy, events: 200 }\n${observables}${flows}`,
  );
});
test.after(() => rmSync(folder, { recursive: true }));

/** A module that Node loads before the program. */
const before = (text: string) => ["--import", `data:text/javascript,${encodeURIComponent(text)}`];

function withVerb(verb: Pick<VerbEntry, "load">, body: () => Promise<void>): Promise<void> {
  const verbs = VERBS as Record<string, VerbEntry>;
  verbs.stuck = { summary: "", operands: [], options: [], details: "", ...verb };
  return body().finally(() => delete verbs.stuck);
}

for (const [signal, expected] of [
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const) {
  test(`${signal} stops a run at a safe point, exit code ${expected}`, async () => {
    const out = join(folder, signal);
    const { child, ended } = start(["run", file, "--out", out, "--threads", "1"]);
    while (!existsSync(join(out, "steps")) && child.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    // As `timeout` and `npx` do: to the process, and to its group.
    child.kill(signal);
    child.kill(signal);
    const { code, error } = await ended;
    assert.is(code, expected, error);
    assert.match(error, /^unbinned: stopping at the next safe point, from which `run` will resume/m);
  });
}

test("a verb that does not heed the signal is left, and the exit code is 130", () =>
  withVerb({ load: async () => () => new Promise(() => {}) }, async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 10);
    const before = performance.now();
    const { code, error } = await runInProcess(["stuck"], { signal: controller.signal });
    assert.is(code, 130);
    assert.is(error, "\nunbinned: stopping; press Ctrl-C again to quit at once\n");
    assert.ok(performance.now() - before < 3000);
  }));

test("a verb that was asked to stop while it was loaded does not begin", () =>
  withVerb({ load: async () => async () => assert.unreachable("begun") }, async () => {
    const { code } = await runInProcess(["stuck"], { signal: AbortSignal.abort() });
    assert.is(code, 130);
  }));

/** Runs with the stream on a device that is always full. */
function onFullDevice(stream: 1 | 2, ...words: string[]) {
  const full = openSync("/dev/full", "w");
  const stdio = ["ignore", stream === 1 ? full : "pipe", stream === 2 ? full : "pipe"] as const;
  return spawnSync(process.execPath, [main, ...words], { encoding: "utf8", stdio: [...stdio] });
}

const LINUX = process.platform === "linux" && existsSync("/dev/full");
if (!LINUX) console.log("skip: streams on a full device (no /dev/full here)");

if (LINUX) {
  test("stdout on a full device: one sentence on stderr, exit code 1, or that of what was wrong before", () => {
    const said =
      /^unbinned: stdout: expected to write all of the text there, got ENOSPC: no space left on device, write\. Send it elsewhere and give the command again\n$/;
    for (const words of [["--help"], ["validate", "--schema"], ["validate", file, "--json"]]) {
      const { status, stderr } = onFullDevice(1, ...words);
      assert.is(status, 1, words.join(" "));
      assert.match(stderr, said);
    }
    assert.is(onFullDevice(1, "validate", "none.yaml").status, 2);
  });

  test("stderr on a full device changes no exit code", () => {
    const good = onFullDevice(2, "--version");
    assert.is(good.status, 0);
    assert.match(good.stdout, /^\d+\.\d+/);
    assert.is(onFullDevice(2, "validate", "none.yaml").status, 2);
  });
}

test("a pipe that is closed early loses the text alone: the command goes on to its end and its exit code", async () => {
  const out = join(folder, "piped");
  const words = ["run", file, "--out", out, "--set", "flows.x.training.epochs=3", "--threads", "1"];
  const child = spawn(process.execPath, [main, ...words], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  child.stderr.destroy();
  const code = await new Promise((resolve) => child.on("close", resolve));
  // Its trainings are too short to converge, which is the verdict of a run that went on to its end.
  assert.is(code, 4);
  assert.ok(existsSync(join(out, "results.json")));
});

test("an error that nobody catches is one sentence, exit code 1", () => {
  const stray = `setTimeout(() => void Promise.reject(new Error("a stray rejection")), 1500)`;
  const { status, stderr } = spawnSync(
    process.execPath,
    [...before(stray), main, "run", file, "--out", join(folder, "stray")],
    { encoding: "utf8", timeout: 60_000 },
  );
  assert.is(stderr, "unbinned: a stray rejection\n");
  assert.is(status, 1);
});

test("a command that waits for what never comes ends with a sentence and exit code 1, not with Node's 13", () => {
  // Workers that hear nothing and keep nobody.
  const deaf = `
    import threads from "node:worker_threads";
    threads.Worker.prototype.postMessage = () => {};
    threads.Worker.prototype.ref = () => {};
  `;
  const { status, stderr } = spawnSync(
    process.execPath,
    [...before(deaf), main, "run", file, "--out", join(folder, "deaf")],
    { encoding: "utf8", timeout: 60_000 },
  );
  assert.is(stderr, "unbinned: internal: the command stopped in the middle of its work\n");
  assert.is(status, 1);
});

test.run();
