import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Impacts } from "../../../inference/measurements/distribution-of-interest/impacts/impacts.js";
import { DEFINITIONS, impactPictures } from "../../../workflow/report/impact-pictures.js";
import type { NamedFit } from "../../../workflow/steps/fits/fitted-model.js";
import type { Drawing } from "../../../workflow/store/drawings.js";
import { requireWellFormed } from "../../inference/plots/well-formed.js";
import { outcome, setting } from "./outcome-sample.js";

const best = outcome.best as NamedFit;

const impact = (source: string, up: number, rank: number) => ({ source, up, down: -up, size: Math.abs(up), rank });

function table(definition: string, target: object, statistical?: number) {
  return {
    definition,
    target,
    nominal: 420,
    impacts: [impact("shift", 3, 2), impact("squeeze", -7, 1)],
    groups: [{ name: "theory", size: 6 }],
    total: 10,
    statistical,
  };
}

const displacement = (process: number, region: number, size: number) => ({ process, region, size });

/** Both processes in two regions, but that the second process has no event in the second. */
const cells = (size: number) => [displacement(0, 0, size), displacement(0, 1, 2 * size), displacement(1, 0, 3 * size)];

const EDGE = { of: "y", feature: 0, lower: 1.25, upper: undefined };

const found = {
  tables: [
    table("auxiliary", { kind: "nuisance", name: "shift" }),
    table("auxiliary", { kind: "yield", name: "signal" }, 9),
    table("mode", { kind: "total yield", name: "" }),
  ],
  distribution: {
    regions: [{ ranges: [] }, { ranges: [EDGE] }],
    tables: [
      {
        definition: "covariance",
        impacts: [
          { source: "shift", cells: cells(0.01), ranks: [2, 1] },
          { source: "squeeze", cells: cells(0.02), ranks: [1, 2] },
        ],
        groups: [{ name: "theory", cells: cells(0.03) }],
      },
    ],
  },
} as unknown as Impacts;

function drawn([, draw]: Drawing): string {
  const svg = draw();
  requireWellFormed(svg);
  return svg;
}

const drawings = impactPictures(setting, found, best);
const svgOf = (name: string) => drawn(drawings.find(([own]) => own === name)!);

/** Those of the texts of a picture that are among these, in its order. */
const textsOf = (svg: string, among: readonly string[]) =>
  [...svg.matchAll(/>([^<>]+)</g)].map(([, text]) => text!).filter((text) => among.includes(text));

test("there is a map per definition and a ranking per yield, and none of a nuisance", () => {
  assert.equal(
    drawings.map(([name]) => name),
    ["impact-map-covariance", "impact-auxiliary-signal", "impact-mode-total"],
  );
  assert.equal(impactPictures(setting, undefined, best), []);
  const alone = { ...found, distribution: undefined };
  assert.equal(impactPictures(setting, alone, best).length, 2);
});

test("a ranking says what it is of and how it is defined, largest source first, by its label", () => {
  const svg = svgOf("impact-auxiliary-signal");
  assert.match(svg, `Impacts on the yield of signal: ${DEFINITIONS.auxiliary}`);
  const rows = ["squeeze", "Δ", "theory", "data", "total"];
  assert.equal(textsOf(svg, rows), rows);
  for (const text of ["nominal + 1", "nominal − 1", "N = 1000 · seed 7"]) assert.match(svg, text);
});

test("pulls are drawn of nuisances with errors, and never of modes", () => {
  const columns = (svg: string) => svg.includes("Pull [prior σ]");
  assert.ok(columns(svgOf("impact-auxiliary-signal")), "no pulls");
  const ofModes = svgOf("impact-mode-total");
  assert.match(ofModes, `Impacts on the expected events: ${DEFINITIONS.mode}`);
  assert.match(ofModes, "+1σ");
  assert.not.ok(columns(ofModes), "pulls of modes");
  const bare = { ...best, summary: { ...best.summary, sigma: null } } as NamedFit;
  assert.not.ok(columns(drawn(impactPictures(setting, found, bare)[1]!)), "pulls without errors");
});

test("a map has a panel per process, its groups above its sources by rank, and edges of regions with digits", () => {
  const svg = svgOf("impact-map-covariance");
  assert.match(svg, `Impacts on T: ${DEFINITIONS.covariance}`);
  assert.equal(textsOf(svg, ["signal", "B"]), ["signal", "B"]);
  const [first, second] = [
    ["squeeze", "Δ"],
    ["Δ", "squeeze"],
  ].map((sources) => ["group theory", ...sources]);
  assert.equal(textsOf(svg, ["group theory", "squeeze", "Δ"]), [...first!, ...second!]);
  assert.match(svg, /energy ≥ 1\.25/);
});

test("edges with leading digits in common get different labels", () => {
  const near = [1000.001, 1000.002].map((lower) => ({ ranges: [{ ...EDGE, lower }] }));
  const regions = [{ ranges: [] }, ...near];
  const distribution = { ...found.distribution, regions } as Impacts["distribution"];
  const svg = drawn(impactPictures(setting, { ...found, distribution }, best)[0]!);
  for (const edge of ["1000.001", "1000.002"]) assert.match(svg, `energy ≥ ${edge}`);
});

test.run();
