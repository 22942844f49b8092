/** Locks among machines: signs of life, who is taken over, and 50 processes that reach for one step. */
import { spawn } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readSafetensors } from "../../../io/index.js";
import { asOwnerOf, type LockRequest } from "../../../workflow/store/lock.js";

const root = mkdtempSync(join(tmpdir(), "unbinned-lock-"));
test.after(() => rmSync(root, { recursive: true }));

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const request = (lock: string, times: LockRequest["times"]): LockRequest & { readonly said: string[] } => {
  const said: string[] = [];
  return {
    lock,
    what: "it",
    signal: new AbortController().signal,
    say: (text) => said.push(text),
    said,
    times: times!,
  };
};

/** Of a machine that this one cannot see. */
const FOREIGN = `000000000000-17-${"0".repeat(12)}@0123456789ab@farm-node-3`;

function foreignLock(name: string): string {
  const lock = join(root, name);
  mkdirSync(lock);
  writeFileSync(join(lock, FOREIGN), "");
  return lock;
}

test("a process of another machine that gives no sign of life is taken over, by one of several who wait", async () => {
  const lock = foreignLock("silent");
  let [inside, most, turns] = [0, 0, 0];
  const all = Array.from({ length: 4 }, () => request(lock, { beat: 20, patience: 300 }));
  const from = performance.now();
  const use = async () => {
    if (turns++ === 0) assert.ok(performance.now() - from >= 300, "taken over too early");
    most = Math.max(most, ++inside);
    await pause(20);
    inside--;
  };
  await Promise.all(all.map((own) => asOwnerOf(own, use)));
  assert.equal([most, turns], [1, 4]);
  assert.match(
    all[0]!.said[0]!,
    /^it is in use by another `unbinned` \(process 17 on farm-node-3, since .*, or gave no sign of life for 1 s; Ctrl-C stops$/,
  );
  assert.not.ok(existsSync(lock));
});

test("one that gives signs of life is not, whatever its clock says; it is once it stops", async () => {
  const lock = foreignLock("alive");
  let beats = 0;
  // A clock that is years behind: only that the time changes counts.
  const alive = setInterval(() => utimesSync(join(lock, FOREIGN), 1000 + beats, 1000 + beats++), 30);
  let isInside = false;
  const waiting = asOwnerOf(request(lock, { beat: 20, patience: 400 }), async () => {
    isInside = true;
  });
  await pause(1500);
  assert.not.ok(isInside);
  clearInterval(alive);
  await waiting;
  assert.ok(isInside && beats > 10);
});

test("an owner gives signs of life for as long as it works", async () => {
  const lock = join(root, "beating");
  await asOwnerOf(request(lock, { beat: 20, patience: 1000 }), async () => {
    const [name] = readdirSync(lock);
    const file = join(lock, name!);
    utimesSync(file, 1, 1);
    while (statSync(file).mtimeMs < 1e6) await pause(10);
  });
});

test("who was taken over while it was suspended leaves the lock to its new owner", async () => {
  const lock = join(root, "suspended");
  await asOwnerOf(request(lock, { beat: 10, patience: 1000 }), async () => {
    rmSync(lock, { recursive: true });
    foreignLock("suspended");
    await pause(40);
  });
  assert.equal(readdirSync(lock), [FOREIGN]);
});

const PROCESSES = 50;
const KILLS = 3;

const stepStore = fileURLToPath(new URL("../../../workflow/store/step-store.js", import.meta.url));

/** Does a step once all processes are there; the first few to do so are killed in the middle of it. */
const WORKER = `
const { openSteps } = await import(${JSON.stringify(stepStore)});
const { appendFileSync, readFileSync } = await import("node:fs");
const [folder, kills, processes] = process.argv.slice(1);
const linesOf = (name) => readFileSync(folder + "/" + name, "utf8").split("\\n").length - 1;
appendFileSync(folder + "/ready", "ready\\n");
while (linesOf("ready") < Number(processes)) await new Promise((resolve) => setTimeout(resolve, 20));
const reporter = { progress: { begin: () => ({ update() {}, done() {} }), note() {} }, signal: new AbortController().signal };
const steps = await openSteps(folder, "common", false, reporter);
const { record, arrays } = await steps.run("shared", { of: 1 }, async (checkpoint) => {
  const begun = (await checkpoint.restore())?.record.step ?? 0;
  appendFileSync(folder + "/log", "begin " + process.pid + "\\n");
  const state = { seed: 1, purpose: "p", stepsPerEpoch: 2, step: begun + 1, epochLossSum: 0, bestEpoch: 0, history: [] };
  await checkpoint.save({ record: state, values: { w: Float64Array.of(begun) }, best: { w: Float64Array.of(begun) } });
  await new Promise((resolve) => setTimeout(resolve, 30));
  if (linesOf("log") <= Number(kills)) process.kill(process.pid, "SIGKILL");
  appendFileSync(folder + "/log", "end " + process.pid + "\\n");
  return { record: { answer: 42 }, arrays: { w: Float64Array.from({ length: 1000 }, (_, i) => i / 3) } };
});
if (record.answer !== 42 || arrays.w[999] !== 333) process.exit(7);
`;

function worker(folder: string, kills: number): Promise<number | string | null> {
  const words = ["--input-type=module", "-e", WORKER, folder, `${kills}`, `${PROCESSES}`];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "ignore", "inherit"] });
  return new Promise((resolve) => child.on("close", (code, signal) => resolve(code ?? signal)));
}

test(`${PROCESSES} processes reach for one step at once, ${KILLS} are killed in it: it is done once, and all have it`, async () => {
  const folder = join(root, "many");
  mkdirSync(folder);
  appendFileSync(join(folder, "log"), "");
  const codes = await Promise.all(Array.from({ length: PROCESSES }, () => worker(folder, KILLS)));
  assert.is(codes.filter((code) => code === "SIGKILL").length, KILLS);
  assert.is(codes.filter((code) => code === 0).length, PROCESSES - KILLS);
  const lines = readFileSync(join(folder, "log"), "utf8").trim().split("\n");
  const [begun, ended] = ["begin", "end"].map((word) => lines.filter((line) => line.startsWith(word)));
  assert.is(begun!.length, KILLS + 1);
  assert.is(ended!.length, 1);
  // One after another: who begins last is the one that ends.
  assert.is(lines.at(-1), begun!.at(-1)!.replace("begin", "end"));
  assert.equal(
    readdirSync(join(folder, "steps")).filter((name) => !name.endsWith(".tmp")),
    ["shared.cost.json", "shared.safetensors"],
  );
  const { tensors } = await readSafetensors(join(folder, "steps", "shared.safetensors"));
  assert.is(tensors.get("w")!.data.length, 1000);
});

test.run();
