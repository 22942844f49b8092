/** The package in a browser: what a bundler makes of it, run in headless Chromium and compared with Node. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../engine/cpu/backend.js";
import { bundle } from "./bundle.js";
import { chromium, type Visit, visit } from "./chromium.js";
import type { ExpressionReport } from "./expression-page.js";
import type { PageReport } from "./page.js";
import { type SmallFit, smallFit } from "./small-fit.js";
import type { SumReport } from "./sum-page.js";

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
    // The one file of io that every layer may use: it imports nothing.
    ["io/edit-distance.js"],
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

/** How a page gets the package, and its worker with it or not. */
const sumPage = bundle({ page: "./test/browser/sum-page.js" });

const sumIs14 = async (visited: Visit) => assert.equal(await visit<SumReport>(visited), { sum: 14 });

browserTest("workers start in a bundle of one file, in a module as in a classic script", async () => {
  await sumIs14({ files: (await sumPage).files, isIsolated: true });
  const { files } = await bundle({ page: "./test/browser/sum-page.js" }, { format: "iife" });
  await sumIs14({ files, isIsolated: true, html: () => `<script src="/page.js"></script>` });
});

browserTest("workers start where the package comes from another origin, by address or by import map", async () => {
  const { files: elsewhere } = await sumPage;
  const files = new Map<string, string>();
  const html = (cdn: string) => `<script type="module" src="${cdn}/page.js"></script>`;
  await sumIs14({ files, elsewhere, html, isIsolated: true });
  const { files: page } = await bundle({ page: "./test/browser/sum-page.js" }, { external: ["unbinned"] });
  const { files: library } = await bundle({ unbinned: "unbinned" });
  const mapped = (cdn: string) =>
    `<script type="importmap">{ "imports": { "unbinned": "${cdn}/unbinned.js" } }</script><script type="module" src="/page.js"></script>`;
  await sumIs14({ files: page, elsewhere: library, html: mapped, isIsolated: false });
});

browserTest("workers start where a development server has moved the module away from its neighbours", async () => {
  // Vite answers what is not there, such as /node_modules/.vite/deps/worker.js, with the page.
  const path = "/node_modules/.vite/deps/unbinned.js";
  const html = () => `<script type="module" src="${path}"></script>`;
  const files = new Map([
    [path, (await sumPage).files.get("/page.js") as string],
    ["/node_modules/.vite/deps/worker.js", html()],
  ]);
  await sumIs14({ files, html, isIsolated: true });
});

const WITHOUT_BLOBS = { "Content-Security-Policy": "worker-src 'self'" };

browserTest("where the page allows no Blob, workers start from the file beside the bundle", async () => {
  const files = new Map([
    ...(await sumPage).files,
    ["/worker.js", (await pageFiles).files.get("/worker.js") as string],
  ]);
  await sumIs14({ files, headers: WITHOUT_BLOBS, isIsolated: true });
});

browserTest("where the page allows no Blob and there is no such file, it is said what to do", async () => {
  const { files } = await sumPage;
  const { error } = await visit<SumReport>({ files, headers: WITHOUT_BLOBS, isIsolated: true });
  assert.match(
    error as string,
    /expected a page that lets its worker start from a Blob, or worker\.js beside the module/,
  );
  assert.match(error as string, /`worker-src blob:`, or, .* unbinned\/cpu-worker as a second entry/);
});

browserTest("expressions are parsed and evaluated where the page forbids to make code of texts", async () => {
  const { files } = await bundle({ page: "./test/browser/expression-page.js" });
  const headers = { "Content-Security-Policy": "script-src 'self'" };
  const report = await visit<ExpressionReport>({ files, headers, isIsolated: false });
  assert.equal(report, { selected: [0, 1, 0, 1] });
});

test.run();
