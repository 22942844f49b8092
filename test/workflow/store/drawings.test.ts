/** Nothing that is only drawn or checked of a result costs the result: faults in every part, one after another. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../engine/cpu/backend.js";
import { FileError } from "../../../io/index.js";
import { loadAnalysis } from "../../../workflow/configuration/configuration.js";
import type { RunContext } from "../../../workflow/context.js";
import { DeviceLostError } from "../../../workflow/errors.js";
import { openContext } from "../../../workflow/open-context.js";
import { runChain } from "../../../workflow/recipes/distribution-of-interest.js";
import { attempt, type Missing } from "../../../workflow/recipes/optional-parts.js";
import type { Outcome } from "../../../workflow/recipes/outcome.js";
import { frameOf } from "../../../workflow/report/measurement/analysis.js";
import { measurementNumbers, measurementPage } from "../../../workflow/report/measurement/leaves.js";
import { writeReport, writeResults } from "../../../workflow/report/outcome-files.js";
import { drawAll, writePictures } from "../../../workflow/store/drawings.js";
import { createOutputFolder } from "../../../workflow/store/output-folder.js";
import { TINY_TOY } from "../../cli/tiny-toy.js";
import { requireWellFormed } from "../../inference/plots/well-formed.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-drawings-"));
test.after(() => rmSync(folder, { recursive: true }));

const TOY = `
name: Tiny toy
seed: 3
observables: { x: { features: 2 }, y: { features: 2 } }
simulation: { generator: doi-toy, events: 4000, heldOut: 0.2 }
data: { generator: doi-toy, events: 400 }
transport: { transforms: 1, bins: 3, hidden: [4], training: { epochs: 3, batch: 100 } }
ensemble: { replicas: 2, training: { epochs: 2, batch: 100 } }
fit: { secondStart: 0 }
${TINY_TOY}`;

const SILENT = { begin: () => ({ update() {}, done() {} }), note() {} };

const warnings: string[] = [];
let context: RunContext;
let outcome: Outcome;

test.before(async () => {
  const file = join(folder, "toy.yaml");
  writeFileSync(file, TOY);
  const out = join(folder, "out");
  createOutputFolder(out);
  const backend = await cpuBackend({ precision: "f32", threads: 1 });
  const reporter = {
    progress: SILENT,
    signal: new AbortController().signal,
    warn: (text: string) => void warnings.push(text),
  };
  context = await openContext({ analysis: loadAnalysis(file), folder: out, backend, isForced: false }, reporter);
  outcome = await runChain(context, warnings);
  await backend.close();
});

/** Fails wherever it is looked into. */
const poisoned = () =>
  new Proxy([], {
    get: () => {
      throw new Error("injected <fault>");
    },
  });

const report = () => readFileSync(join(context.folder, "report.html"), "utf8");

async function written(of: Outcome): Promise<string> {
  warnings.length = 0;
  await writeReport(context.folder, frameOf(context, of, []), measurementPage(context, of), context.warn);
  const html = report();
  requireWellFormed(html.replace("<!doctype html>\n", "").replace(/<meta [^>]*>\n/g, ""));
  return html;
}

test("without a fault nothing is missing", async () => {
  assert.not.match(await written(outcome), /class="missing"/);
  assert.equal(warnings, []);
  assert.ok(readdirSync(join(context.folder, "pictures")).length > 10);
});

const PARTS = [
  "scans",
  "impacts",
  "closure",
  "projections",
  "bands",
  "fields",
  "sensitivity",
  "yields",
  "trainings",
] as const;

for (const part of PARTS) {
  test(`a fault in ${part} leaves the results and all other pictures, and is said in its place and as a warning`, async () => {
    const html = await written({ ...outcome, [part]: poisoned() });
    assert.match(
      html,
      /<p class="missing">Here [^<]* is missing, as it could not be made: injected &lt;fault&gt;<\/p>/,
    );
    assert.ok(warnings.some((text) => /left out, as it cannot be (drawn|made): injected <fault>/.test(text)));
    // Of each group there is one in place at most, and the groups are eight.
    assert.ok((html.match(/<figure /g)?.length ?? 0) > 6);
  });
}

test("a fault in the replicas' table or picture is said", async () => {
  // How many there are decides which errors T has, and is known.
  const { length } = outcome.fitted.replicas;
  const replicas = new Proxy([], {
    get: (_, key) => {
      if (key === "length") return length;
      throw new Error("injected <fault>");
    },
  });
  const html = await written({ ...outcome, fitted: { ...outcome.fitted, replicas } as Outcome["fitted"] });
  assert.match(html, /Here the picture replicas is missing/);
});

test("numbers that no picture and no table takes are said in place of each", async () => {
  const { summary } = outcome.best;
  const broken = {
    ...summary,
    sigma: summary.sigma!.map(() => Number.NaN),
    modes: [{ sigma: Number.NaN, direction: [1, 0] }],
  };
  const html = await written({ ...outcome, best: { ...outcome.best, summary: broken as typeof summary } });
  assert.match(html, /Here the picture nuisances is missing/);
  assert.match(
    html,
    /Here the table of modes is missing, as it could not be made: buildReport: expected finite numbers/,
  );
});

test("a page that fails as a whole says so, and results are there before it", async () => {
  const broken = { ...outcome, missing: undefined as unknown as Missing };
  await writeResults(context.folder, measurementNumbers(context, broken));
  assert.ok(existsSync(join(context.folder, "results.json")));
  assert.match(await written(broken), /report\.html: left out, as it cannot be made/);
});

test("a picture that cannot be drawn takes the one of an earlier command away, and no other", async () => {
  const draw = (broken: string) =>
    drawAll(
      [
        {
          name: "p",
          drawings: () => ["p-a", "p-b"].map((name) => [name, () => (name === broken ? fail() : "<svg/>")]),
        },
      ],
      () => {},
    );
  const fail = () => {
    throw "no error at all";
  };
  assert.equal(await writePictures(folder, draw("none")), [join(folder, "p-a.svg"), join(folder, "p-b.svg")]);
  assert.equal(await writePictures(folder, draw("p-a")), [join(folder, "p-b.svg")]);
  assert.not.ok(existsSync(join(folder, "p-a.svg")));
  const none = drawAll([{ name: "whole", drawings: fail }], () => {});
  assert.equal(none, [{ name: "whole", problem: "no error at all", file: "whole.svg" }]);
});

test("pictures of an earlier command go where this one does not draw them; files of others stay", async () => {
  const own = join(folder, "pictures");
  mkdirSync(own);
  const written = (...names: string[]) =>
    writePictures(
      own,
      drawAll([{ name: "p", drawings: () => names.map((name) => [name, () => "<svg/>"]) }], () => {}),
    );
  const there = () => readdirSync(own).filter((name) => name.endsWith(".svg"));
  await written("p-a", "p-b");
  writeFileSync(join(own, "p-mine.svg"), "<svg/>");
  await written("p-b", "p-c");
  assert.equal(there(), ["p-b.svg", "p-c.svg", "p-mine.svg"]);
  // Of a list that says more than files of the folder, nothing is taken.
  writeFileSync(join(folder, "outside.svg"), "<svg/>");
  for (const list of ["{", '["../outside.svg", 3, "toy.yaml"]']) {
    writeFileSync(join(own, "pictures.json"), list);
    await written("p-c");
  }
  assert.ok(existsSync(join(folder, "outside.svg")));
  assert.equal(there(), ["p-b.svg", "p-c.svg", "p-mine.svg"]);
});

test("a check that fails is left out with its reason; a stop, a lost device and a file that fails are not", async () => {
  const missing: Missing = new Map();
  const tried = (error: unknown, own = context) =>
    attempt(own, missing, "Impacts", () => Promise.reject(error), "instead").catch((reason) => reason);
  assert.is(await tried(new Error("singular")), "instead");
  assert.is(missing.get("Impacts"), "singular");
  assert.is(warnings.at(-1), '"Impacts" is left out, as it cannot be made: singular');
  const fatal = [
    new DeviceLostError("gone"),
    new FileError("steps/impacts.safetensors", { expected: "a place to write to", got: "a full disk" }),
    Object.assign(new Error("no space"), { code: "ENOSPC" }),
  ];
  for (const error of fatal) assert.is(await tried(error), error);
  const stopped = new Error("stopped");
  assert.is(await tried(stopped, { ...context, signal: AbortSignal.abort() }), stopped);
});

test.run();
