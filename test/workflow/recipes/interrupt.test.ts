/** A run that was cut short and run again ends with the same bytes as one that nobody disturbed. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { start, unbinned } from "../../cli/child-process.js";
import { randomNumbers } from "../../support/random-numbers.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-interrupt-"));
const file = join(folder, "analysis.yaml");
const undisturbed = join(folder, "undisturbed");

// Small, save for step 1, which takes the time to be interrupted.
const YAML = `
observables: { x: { features: 2 }, y: { features: 2 } }
processes: { A: , B: }
nuisances: { shift: , squeeze: }
simulation: { generator: doi-toy, events: 4000 }
data: { generator: doi-toy, events: 400 }
truth: { shift: 0.5, squeeze: -0.5 }
flows:
  x: { transforms: 1, bins: 4, hidden: [8], training: { batch: 512 } }
  y: { transforms: 1, bins: 4, hidden: [8], training: { batch: 512 } }
morph:
  x: { layers: 1, hidden: [8], training: { batch: 512 } }
  y: { layers: 1, hidden: [8], training: { batch: 512 } }
transport: { transforms: 1, bins: 4, hidden: [8], training: { batch: 40, epochs: 200 } }
response: { layers: 1, hidden: [8], range: 2, scale: 1, training: { batch: 100, epochs: 2 } }
scan: { points: 3, grid: 3 }
report: { bins: 10 }
`;

const words = (out: string) => ["run", file, "--out", out];

/** Resolves when the file is there. */
async function appears(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Bytes of every file but the steps', which carry no result of their own. */
function results(out: string): Map<string, Buffer> {
  const names = readdirSync(out, { recursive: true }).map(String).sort();
  const files = names.filter((name) => !name.startsWith("steps") && statSync(join(out, name)).isFile());
  return new Map(files.map((name) => [name, readFileSync(join(out, name))]));
}

function assertSame(out: string): void {
  const [wanted, got] = [results(undisturbed), results(out)];
  assert.equal([...got.keys()], [...wanted.keys()]);
  for (const [name, bytes] of wanted) assert.ok(bytes.equals(got.get(name)!), `${name} differs`);
}

test.before(async () => {
  writeFileSync(file, YAML);
  const { code, error } = await unbinned(...words(undisturbed), "--threads", "1");
  assert.is(code, 0, error);
  for (const name of ["results.json", "report.html", "model.safetensors", "arrays.npz"]) {
    assert.ok(existsSync(join(undisturbed, name)), name);
  }
});
test.after(() => rmSync(folder, { recursive: true }));

test("Ctrl-C during training exits with 130, says so, keeps what was trained, and the next run goes on from there", async () => {
  const out = join(folder, "interrupted");
  const { child, shown, ended } = start([...words(out), "--threads", "2"]);
  await shown("fit of x alone: done");
  // The file of the fit is the last thing before step 1, which heeds a signal after its first steps at the earliest.
  await appears(join(out, "steps", "fit.x.safetensors"));
  child.kill("SIGINT");
  const { code, error } = await ended;
  assert.is(code, 130, error);
  assert.match(
    error,
    /^unbinned: stopping at the next safe point, from which `run` will resume; press Ctrl-C again to quit at once$/m,
  );
  assert.ok(!existsSync(join(out, "results.json")));
  const unfinished = readdirSync(join(out, "steps")).filter((name) => name.includes("unfinished"));
  assert.equal(unfinished, ["transport.unfinished.safetensors"]);

  const second = await unbinned(...words(out), "--threads", "2");
  assert.is(second.code, 0, second.error);
  assert.match(second.out, /^fit\.x: kept from before$/m);
  assertSame(out);
  assert.equal(
    readdirSync(join(out, "steps")).filter((name) => name.includes("unfinished")),
    [],
  );
});

test("killed after any step (seed 11), the next run ends with the same bytes", async () => {
  const out = join(folder, "killed");
  const random = randomNumbers(11);
  let identity = "";
  for (const line of ["train p(x): done", "closure tests: done", "fit T and nu (step 1): done"]) {
    const { child, shown, ended } = start([...words(out), "--threads", "1"]);
    await shown(line);
    // Into the steps that follow, at another place each time.
    await new Promise((resolve) => setTimeout(resolve, 200 * random()));
    child.kill("SIGKILL");
    await ended;
    identity = readdirSync(join(out, ".unbinned-owner"))[0]!.split("@")[0]!;
  }
  // What a process killed while writing leaves.
  writeFileSync(join(out, `.unbinned-${identity}-0123456789ab.tmp`), "half");
  const last = await unbinned(...words(out), "--threads", "1");
  assert.is(last.code, 0, last.error);
  assertSame(out);
});

test("a damaged step is named, with what to do; without it the run ends with the same bytes", async () => {
  const out = undisturbed;
  const step = join(out, "steps", "closure.safetensors");
  const whole = readFileSync(step);
  const wanted = results(out);
  for (const damaged of [whole.subarray(0, 500), Buffer.from("no step")]) {
    writeFileSync(step, damaged);
    const { code, error } = await unbinned(...words(out));
    assert.is(code, 2, error);
    assert.match(
      error,
      /closure\.safetensors: expected what an earlier run left, got a file that cannot be read \(.*\)\. Delete it and only its step is repeated; --force repeats all\n$/,
    );
    assert.equal(results(out), wanted);
  }
  rmSync(step);
  const again = await unbinned(...words(out));
  assert.is(again.code, 0, again.error);
  assert.equal(results(out), wanted);
});

test.run();
