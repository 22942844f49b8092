/** The command line on the webgpu backend: what `auto` takes, what it refuses, and a GPU that goes away. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { automatic } from "../../../cli/command/backend.js";
import { VERBS } from "../../../cli/command/verb-table.js";
import { DeviceLostError } from "../../../engine/errors.js";
import { watchingDevices } from "../../support/gpu-devices.js";
import { webgpuTest } from "../../support/webgpu.js";
import { runInProcess } from "../in-process.js";

const hardware = { isSoftware: false };
const software = { isSoftware: true };

test("auto takes a hardware GPU, never a software one, and the cpu for what only that has", async () => {
  const taken = (adapters: readonly { isSoftware: boolean }[], precision: "f32" | "f64" = "f32", threads?: number) =>
    automatic({ precision, threads }, async () => adapters);
  assert.is(await taken([software, hardware]), "webgpu");
  assert.is(await taken([software]), "cpu");
  assert.is(await taken([]), "cpu");
  assert.is(await taken([hardware], "f64"), "cpu");
  assert.is(await taken([hardware], "f32", 2), "cpu");
});

const folder = mkdtempSync(join(tmpdir(), "unbinned-webgpu-"));
const file = join(folder, "analysis.yaml");
const out = join(folder, "out");
test.after(() => rmSync(folder, { recursive: true }));
// Nothing waits for the end of the second training.
writeFileSync(
  file,
  `
likelihood: { observables: [x] }
observables: { x: { features: 2 } }
processes: { A: , B: }
nuisances: { shift: , squeeze: }
simulation: { generator: doi-toy, events: 1000 }
data: { generator: doi-toy, events: 100 }
flows:
  x: { transforms: 1, bins: 4, hidden: [4], training: { batch: 256, epochs: 2 } }
morph:
  x: { layers: 1, hidden: [4], training: { batch: 256, epochs: 100000 } }
`,
);

test("the webgpu backend has f32 only, and says so", async () => {
  const { code, error } = await runInProcess(["run", file, "--out", out, "--backend", "webgpu", "--precision", "f64"]);
  assert.is(code, 2);
  assert.match(error, /--precision: expected f32 with --backend webgpu, got f64\. Use cpu\n/);
});

webgpuTest("a GPU that goes away ends a run with one sentence; the next run has what was finished", async () => {
  let text = "";
  const words = ["run", file, "--out", out, "--backend", "webgpu"];
  let device: GPUDevice | undefined;
  const onText = (more: string) => {
    text += more;
    if (/train morph of p\(x\).*loss/.test(text)) device?.destroy();
  };
  const { code, error } = await watchingDevices({ onDevice: (own) => (device = own) }, () =>
    runInProcess(words, { onText, isTerminal: true }),
  );
  assert.is(code, 1, error);
  assert.match(
    error,
    /^unbinned: webgpu backend: expected the device to stay, got a device that was lost \(.*\)\. What is done is kept: the same command resumes from there\n$/,
  );
  assert.ok(existsSync(join(out, "steps", "x.nominal.safetensors")), "what was finished");
  const stop = new AbortController();
  const again = await runInProcess(words, {
    signal: stop.signal,
    isTerminal: true,
    onText: (more) => {
      if (/train morph of p\(x\).*loss/.test(more)) stop.abort();
    },
  });
  assert.is(again.code, 130, again.error);
  assert.not.match(again.out, /train p\(x\)/);
});

test("a GPU that goes away under another verb: run the command again", async () => {
  const fit = VERBS.fit as unknown as { load: () => Promise<() => Promise<void>> };
  const { load } = fit;
  fit.load = async () => async () => {
    throw new DeviceLostError("unplugged");
  };
  const { code, error } = await runInProcess(["fit", file]).finally(() => (fit.load = load));
  assert.is(code, 1);
  const lost = "webgpu backend: expected the device to stay, got a device that was lost (unplugged)";
  assert.is(error, `unbinned: ${lost}. Run the command again\n`);
});

test.run();
