/** Impacts, modes and contours in the report of a composition. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ImpactTable } from "../../../inference/statistics/impacts/impact-tables.js";
import type { LikelihoodOutcome } from "../../../workflow/recipes/composition.js";
import { impactReportTables, impactText, modeTables } from "../../../workflow/report/composition-impacts.js";
import { compositionArrays, compositionResults } from "../../../workflow/report/composition-results.js";
import { buildReport } from "../../../workflow/report/html.js";
import { drawAll } from "../../../workflow/store/drawings.js";
import { analysis, compositionReport, drawingsOf, outcome as plain } from "./composition-sample.js";

const silent = () => {
  throw new Error("nothing to warn of");
};

const table = (definition: ImpactTable["definition"], impacts: ImpactTable["impacts"], statistical?: number) => ({
  definition,
  target: { kind: "nuisance", name: "a" } as const,
  nominal: 3,
  impacts,
  groups: [{ name: "all", size: 0.7 }],
  total: 1.25,
  statistical,
});

const values = [
  [-2, 0, 2],
  [-2, 0, 2],
] as const;

const outcome: LikelihoodOutcome = {
  ...plain,
  fit: {
    ...plain.fit,
    errors: {
      ...plain.fit.errors,
      names: ["a", "c"],
      covariance: [
        [1, 0],
        [0, 0.003 ** 2],
      ],
      correlation: [
        [1, 0],
        [0, 1],
      ],
      sigma: [1, 0.003],
    },
  },
  impacts: {
    tables: [
      table("shift", [
        { source: "other", up: 0.1, down: -0.2, size: 0.16, rank: 2 },
        { source: "c", up: -0.5, down: 0.75, size: 0.64, rank: 1 },
      ]),
      table("auxiliary", [{ source: "c", up: -0.25, down: 0.25, size: 0.25, rank: 1 }], 1.2),
    ],
    problems: [],
  },
  modes: {
    names: ["c", "d"],
    modes: [
      { sigma: 1, pull: 1e-12, direction: [0.6, 0.8] },
      { sigma: 0.5, pull: -1.5, direction: [0.8, -0.6] },
    ],
  },
  pairs: [
    {
      names: ["a", "c"],
      values,
      deltaTwoNll: values[0].map((x) => values[1].map((y) => 4 * (x * x + y * y))),
      nuisances: [],
      isProfiled: true,
      bestFit: plain.fit.fit.estimate,
      belowBestFit: undefined,
      problems: [],
    } as LikelihoodOutcome["pairs"][number],
  ],
};
const whole = { trainings: [], noise: [], likelihoods: [outcome], verdicts: [] };

test("a table of each parameter of interest: both ends of every definition, the strongest first, then groups, data and total", () => {
  const [found] = impactReportTables(outcome);
  assert.equal(found!.columns, [
    "parameter",
    "shift, +1σ",
    "shift, −1σ",
    "auxiliary, outcome + 1σ",
    "auxiliary, outcome − 1σ",
  ]);
  assert.equal(found!.rows, [
    ["c", "−0.500", "+0.750", "−0.250", "+0.250"],
    ["other", "+0.100", "−0.200", undefined, undefined],
    ["group all", "± 0.700", undefined, "± 0.700", undefined],
    ["data", undefined, undefined, "± 1.20", undefined],
    ["total", "± 1.25", undefined, "± 1.25", undefined],
  ]);
  assert.match(impactText(outcome), /^shift: each parameter fixed .*\. auxiliary: the outcome of each auxiliary /);
});

test("modes are rounded: what is nothing has no powers of ten", () => {
  assert.equal(modeTables(outcome)[0]!.rows, [
    ["1", "0.000", "1.000", "0.600", "0.800"],
    ["2", "−1.500", "0.500", "0.800", "−0.600"],
  ]);
});

test("pictures: modes, contours and a ranking for each definition, with pulls where all sources have one; all on the page", () => {
  const pictures = drawAll(drawingsOf(whole), silent);
  const svg = (name: string) => {
    const found = pictures.find(({ file }) => file === `${name}.svg`);
    assert.ok(found && "svg" in found, `${pictures.map(({ file }) => file)}`);
    return found.svg;
  };
  assert.match(svg("modes.fit.all"), /mode 2/);
  assert.match(svg("scan.fit.a-c"), /68\.3%/);
  assert.not.match(svg("impacts.fit.a.shift"), /Pull/);
  assert.match(svg("impacts.fit.a.auxiliary"), /Pull/);
  const page = buildReport(compositionReport(whole, pictures, [], silent));
  for (const text of ["Impacts on a of fit", "Impacts of fit", "Principal modes of the constrained parameters of fit"])
    assert.ok(page.includes(text), text);
});

test("results have impacts, modes and contours; arrays the grid", () => {
  const results = compositionResults(analysis, { name: "cpu", precision: "f64" }, whole, []);
  const { impacts, modes, pairs } = results.likelihoods.fit!;
  assert.equal(
    impacts.map(({ parameter, definition, statistical }) => [parameter, definition, statistical]),
    [
      ["a", "shift", null],
      ["a", "auxiliary", 1.2],
    ],
  );
  assert.equal(modes, outcome.modes);
  const [pair] = pairs;
  assert.equal([pair!.names, pair!.level], [["a", "c"], 1]);
  // -2Δ ln L = 4 r²: a circle.
  for (const { level, lines } of pair!.contours) {
    for (const [x, y] of lines[0]!.points) assert.ok(Math.abs(Math.hypot(x, y) - Math.sqrt(level) / 2) < 0.03);
  }
  const arrays = compositionArrays(whole);
  assert.equal(arrays.get("fit/scans/a,c/delta_two_nll")!.shape, [3, 3]);
});

test("without them nothing is shown", () => {
  assert.equal([impactReportTables(plain), modeTables(plain), impactText(plain)], [[], [], ""]);
});

test.run();
