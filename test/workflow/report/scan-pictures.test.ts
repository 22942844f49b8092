import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ScannedFit } from "../../../workflow/likelihood/nuisance-scan.js";
import { scanPictures } from "../../../workflow/report/scan-pictures.js";
import type { Drawing } from "../../../workflow/store/drawings.js";
import { requireWellFormed } from "../../inference/plots/well-formed.js";
import { outcome, setting } from "./outcome-sample.js";

const [shiftScan] = outcome.scans as readonly [ScannedFit];

const axis = (centre: number) => Array.from({ length: 13 }, (_, i) => centre + (i - 6) * 0.05);

/** -2ΔlnL of the fit's parabola: estimates 0.5 and -0.25, errors of 0.1 without correlation. */
const PAIR = {
  names: ["shift", "squeeze"],
  values: [axis(0.5), axis(-0.25)],
  deltaTwoNll: axis(0.5).map((x) => axis(-0.25).map((y) => ((x - 0.5) / 0.1) ** 2 + ((y + 0.25) / 0.1) ** 2)),
  problems: [],
};

const scanned = { ...shiftScan, found: { ...shiftScan.found, pairs: [PAIR] } } as unknown as ScannedFit;
const other = { ...scanned, label: "T fixed" };

function drawn([, draw]: Drawing): string {
  const svg = draw();
  requireWellFormed(svg);
  assert.match(svg, "N = 1000 · seed 7 · unbinned");
  return svg;
}

const pictures = (...fits: readonly ScannedFit[]) => scanPictures(setting.analysis, 1000, fits);

test("each scanned nuisance and each pair has a picture", () => {
  assert.equal(
    pictures(scanned).map(([name]) => name),
    ["scan-shift", "scan-shift-squeeze"],
  );
  assert.equal(pictures(), []);
});

test("the curve of a nuisance stands with the parabola and the truth, under its label", () => {
  const svg = drawn(pictures(scanned)[0]!);
  for (const text of ["Scan of Δ", "Δ (prior standard deviations)", "T profiled", "Hessian", "truth"])
    assert.match(svg, text);
  assert.not.match(svg, "T fixed");
});

test("scans of several fits are drawn together", () => {
  for (const picture of pictures(scanned, other)) {
    const svg = drawn(picture);
    for (const label of ["T profiled", "T fixed"]) assert.match(svg, label);
  }
});

test("without errors there is neither a parabola nor an ellipse", () => {
  const bare = { ...scanned, summary: { ...scanned.summary, sigma: null, correlation: null } } as ScannedFit;
  for (const picture of pictures(bare)) assert.not.match(drawn(picture), "Hessian");
});

test("points that are not known are left out of the curve", () => {
  const [single] = scanned.found.single;
  const deltaTwoNll = single!.deltaTwoNll.map((value, i) => (i % 2 === 1 ? undefined : value));
  const found = { ...scanned.found, single: [{ ...single!, deltaTwoNll }] };
  const svg = drawn(pictures({ ...scanned, found } as ScannedFit)[0]!);
  assert.not.match(svg, "NaN");
});

test("a pair shows contours, ellipse, best fit and, where both are known, the truth", () => {
  const svg = drawn(pictures(scanned)[1]!);
  for (const text of ["Scan of Δ and squeeze", "squeeze (prior standard deviations)", "Hessian"])
    assert.match(svg, text);
  // The truth of the squeeze is not given.
  assert.not.match(svg, "truth");
});

test.run();
