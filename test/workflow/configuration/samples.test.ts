/** Samples that are variations of the same events: what they take over, and what is refused. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { sampleSources } from "../../../workflow/configuration/samples.js";
import { FILES, message, read } from "./sources.js";

/** Other samples of the process signal. */
const set = (samples: string) => `processes.signal.samples=${samples}`;
const TILTED = "{ file: st.npz, at: { tilt: 1 } }";
const sources = (samples: string, ...others: string[]) =>
  sampleSources(read(FILES, set(samples), ...others), "signal").map(({ columns, key, ...rest }) => ({
    ...rest,
    columns: Object.fromEntries(columns),
  }));

test("a sample without a file, or with the file of the nominal one, holds its events and its weights", () => {
  const own = { columns: {}, where: undefined, weight: "w", weightFactor: undefined };
  assert.equal(
    sources(`[{ at: { scale: 1 }, columns: { x: x_up } }, { file: ./s.npz, weight: w }, { file: s.npz, at: { scale: -1 }, weight: w_down },
      { file: s.npz, at: { scale: -2 }, weightFactor: f, columns: { y: y } }, ${TILTED}]`),
    [
      { ...own, file: "./s.npz", nominal: 1, columns: { x: "x_up" } },
      { ...own, file: "./s.npz", nominal: undefined },
      { ...own, file: "s.npz", nominal: 1, weight: "w_down" },
      { ...own, file: "s.npz", nominal: 1, weightFactor: "f", columns: { y: "y" } },
      { ...own, file: "st.npz", nominal: undefined, weight: undefined },
    ],
  );
});

test("without weights of the nominal sample, those of simulation.weight", () => {
  const found = sources(
    `[{ file: s.npz }, { at: { scale: 1 }, columns: { x: x_up } }, ${TILTED}]`,
    "simulation.weight=w",
  );
  assert.equal(
    found.map(({ weight }) => weight),
    ["w", "w", "w"],
  );
});

test("of two nominal samples each has its own variations", () => {
  const found = sources(
    `[{ file: a.npz }, { file: b.npz }, { file: b.npz, at: { scale: 1 }, weight: w }, { file: a.npz, at: { scale: 1 }, weight: w }, ${TILTED}]`,
  );
  assert.equal(
    found.map(({ nominal }) => nominal),
    [undefined, undefined, 1, 0, undefined],
  );
});

test("samples that no file and no column can be meant by are errors", () => {
  const up = "at: { scale: 1 }";
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      `[{ file: s.npz }, { ${up}, columns: { xx: x_up } }, ${TILTED}]`,
      /signal\.samples\[1\]\.columns\.xx: expected a column of the observables, or one that an expression names, got "xx"\. Did you mean x\?/,
    ],
    [
      `[{ weight: w }, { file: s.npz, ${up} }, ${TILTED}]`,
      /signal\.samples\[0\]\.file: expected a file, as this is a nominal sample, got nothing\. Add it, or say under `at` where it is made/,
    ],
    [
      `[{ file: a.npz }, { file: b.npz }, { ${up}, weight: w }, ${TILTED}]`,
      /samples\[2\]\.file: expected a file, as signal has several nominal samples \(a\.npz, b\.npz\), got nothing\. Name one of them/,
    ],
    [
      `[{ file: s.npz }, { file: su.npz, ${up}, weightFactor: w }, ${TILTED}]`,
      /samples\[1\]\.weightFactor: expected nothing, as it multiplies the weights of a nominal sample of the same file, got "w"\. Name the whole weight under `weight`/,
    ],
    [
      `[{ file: s.npz, weightFactor: w }, { ${up}, weight: v }, ${TILTED}]`,
      /samples\[0\]\.weightFactor: expected nothing, as it multiplies the weights of a nominal sample/,
    ],
    [
      `[{ file: s.npz }, { ${up}, weight: v, weightFactor: w }, ${TILTED}]`,
      /samples\[1\]\.weightFactor: expected nothing beside weight, got "w"\. Keep `weight` for a whole weight, `weightFactor` for a factor/,
    ],
    [
      `[{ file: s.npz, columns: { x: z } }, { ${up}, columns: { x: z, y: y } }, ${TILTED}]`,
      /samples\[1\]: expected columns, weight or weightFactor that the nominal sample of the same events does not have, got none\. Add what varies/,
    ],
  ];
  for (const [samples, pattern] of cases) assert.match(message(FILES, set(samples)), pattern, samples);
});

test("a column of an observable may have any letters", () => {
  const found = sources(
    `[{ file: s.npz }, { ${"at: { scale: 1 }"}, columns: { "jet.pt (GeV)": "jet.pt_up" } }, ${TILTED}]`,
    "observables.x.columns=['jet.pt (GeV)']",
  );
  assert.equal(found[1]!.columns, { "jet.pt (GeV)": "jet.pt_up" });
});

test.run();
