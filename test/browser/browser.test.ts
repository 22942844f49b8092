/** The package in a browser: what a bundler makes of it, run in headless Chromium and compared with Node. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../engine/cpu/backend.js";
import { bundle } from "./bundle.js";
import { chromium, visit } from "./chromium.js";
import type { PageReport } from "./page.js";
import { type SmallFit, smallFit } from "./small-fit.js";

/** A test that needs Chromium: skipped aloud without one, failed without one where REQUIRE_BROWSER=1. */
function browserTest(name: string, body: () => Promise<void>): void {
  if (chromium !== undefined) test(name, body);
  else if (process.env.REQUIRE_BROWSER === "1") {
    test(name, () => {
      throw new Error("chromium expected (REQUIRE_BROWSER=1), got none; on Debian `apt install chromium`");
    });
  } else {
    console.log(`skip: ${name} (no chromium here; on Debian \`apt install chromium\`)`);
    test.skip(name, () => {});
  }
}

const pageFiles = bundle({ page: "./test/browser/page.js", worker: "unbinned/cpu-worker" });

async function onNode(precision: "f32" | "f64"): Promise<SmallFit> {
  const backend = await cpuBackend({ precision, threads: 2 });
  try {
    return await smallFit(backend);
  } finally {
    await backend.close();
  }
}

/**
 * On the cpu the kernels are the same WebAssembly in both, and give the same bits. Outside of them, functions of parameters
 * alone take JavaScript's exp and log, which two versions of V8 may round differently; a fit and 40 training steps carry
 * that on. On a GPU each function is rounded in f32 as WGSL allows.
 */
const tolerances = { "cpu f64": 1e-12, "cpu f32": 1e-5, "webgpu f32": 2e-5 } as const;

function compare(got: SmallFit | undefined, expected: SmallFit, tolerance: number): void {
  assert.is(got?.status, expected.status);
  for (const key of ["estimate", "sigma", "losses", "logProb"] as const) {
    assert.is(got?.[key].length, expected[key].length);
    for (const [k, value] of expected[key].entries()) {
      const difference = Math.abs(got![key][k]! - value);
      assert.ok(difference <= tolerance * (1 + Math.abs(value)), `${key}[${k}]: ${got![key][k]} against ${value}`);
    }
  }
  assert.ok(Math.abs(got!.nll - expected.nll) <= tolerance * Math.abs(expected.nll), `${got!.nll}, ${expected.nll}`);
}

async function compareWithNode({ error, fits }: PageReport): Promise<void> {
  assert.is(error, undefined);
  for (const precision of ["f64", "f32"] as const) {
    compare(fits?.[`cpu ${precision}`], await onNode(precision), tolerances[`cpu ${precision}`]);
  }
}

test("engine, flows and inference reach no module of Node under the condition `browser`", async () => {
  const layers = ["engine", "flows", "inference"].map((layer) => [layer, `./${layer}/index.js`]);
  // Whatever begins with node: cannot be resolved for browsers, and would be an error.
  const { inputs, warnings } = await bundle({ ...Object.fromEntries(layers), all: "unbinned" });
  assert.equal(warnings, []);
  assert.ok(inputs.includes("engine/cpu/host-browser.js"), "the browser's side of the host");
  assert.equal(
    inputs.filter((path) => /host-node|^io\//.test(path)),
    [],
  );
});

browserTest("the cpu backend fits and trains in workers of an isolated page as in Node", async () => {
  const { files } = await pageFiles;
  const report = await visit<PageReport>({ files, isIsolated: true });
  assert.equal([report.isIsolated, report.warnings], [true, []]);
  await compareWithNode(report);
});

browserTest("warns of one thread where the page is not isolated, with the same results", async () => {
  const { files } = await pageFiles;
  const report = await visit<PageReport>({ files, isIsolated: false });
  assert.is(report.isIsolated, false);
  // Once per backend.
  assert.is(report.warnings.length, 2);
  for (const text of report.warnings) {
    assert.match(text, /one thread, because this page is not cross-origin isolated/);
    assert.match(text, /Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp/);
  }
  await compareWithNode(report);
});

browserTest("the webgpu backend fits and trains on SwiftShader as Node does on the cpu", async () => {
  const { files } = await pageFiles;
  const flags = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
  const report = await visit<PageReport>({ files, isIsolated: false, flags });
  assert.equal([report.error, report.warnings], [undefined, []]);
  compare(report.fits?.["webgpu f32"], await onNode("f64"), tolerances["webgpu f32"]);
});

browserTest("a worker that was not bundled is asked for by its name", async () => {
  const files = new Map(await pageFiles.then((all) => all.files));
  files.delete("/worker.js");
  const { error } = await visit<PageReport>({ files, isIsolated: true });
  assert.match(error as string, /expected its worker as worker\.js beside the module/);
  assert.match(error as string, /unbinned\/cpu-worker as a second entry/);
});

test.run();
