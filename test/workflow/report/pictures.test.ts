import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  closurePictures,
  displacementPictures,
  lossPicture,
  nuisancePictures,
  projectionPictures,
  replicaPicture,
} from "../../../workflow/report/pictures.js";
import type { Drawing } from "../../../workflow/store/drawings.js";
import { type MapErrors, mapErrors } from "../../../workflow/transport-errors.js";
import { requireWellFormed } from "../../inference/plots/well-formed.js";
import { outcome, setting } from "./outcome-sample.js";

const namesOf = (drawings: readonly Drawing[]) => drawings.map(([name]) => name);

function drawn([, draw]: Drawing): string {
  const svg = draw();
  requireWellFormed(svg);
  assert.match(svg, "N = 1000 · seed 7 · unbinned");
  return svg;
}

const panels = (svg: string, title: RegExp) => svg.match(title)?.length ?? 0;

test("closure has one picture per density and process, of its worst anchors where there are too many", () => {
  const drawings = closurePictures(setting, outcome.closure);
  assert.equal(namesOf(drawings), ["closure-x-A", "closure-x-B", "closure-y-A", "closure-y-B"]);
  const svg = drawn(drawings[0]!);
  assert.match(svg, "Closure of p(x) of signal, the worst 8 of 10 anchors");
  // The second anchor has the largest p-value. Of the others, which are equal, the last one has no room.
  assert.not.match(svg, "shift = −1<");
  assert.match(svg, "shift = −2<");
  assert.is(panels(svg, />χ²\/ndf = /g), 16);
});

test("nuisances and their correlation are drawn by their labels, and not at all without errors", () => {
  const drawings = nuisancePictures(setting, outcome.best.summary);
  assert.equal(namesOf(drawings), ["nuisances", "correlation"]);
  for (const drawing of drawings) assert.match(drawn(drawing), ">Δ<");
  assert.match(drawn(drawings[0]!), "0.50 ± 0.10");
  assert.equal(nuisancePictures(setting, { ...outcome.best.summary, sigma: null }), []);
});

const LONG = { replica: 25, transport: 25 };

/** Of a run without an ensemble. */
const PARTIAL = mapErrors({ hasResponse: true, replicas: 0, epochs: LONG });

test("replicas are drawn in every plane of two nuisances, from two replicas on", () => {
  assert.match(drawn(replicaPicture(setting, outcome)[0]!), "Replicas of step 1: ν̂ with T fixed");
  const single = { ...outcome.fitted, replicas: outcome.fitted.replicas.slice(0, 1) };
  assert.equal(replicaPicture(setting, { ...outcome, fitted: single }), []);
});

test("T at the fit and along the modes are two pictures per plane of features", () => {
  const drawings = displacementPictures(setting, outcome.fields, PARTIAL);
  assert.equal(namesOf(drawings), ["displacement-energy-angle", "pulls-energy-angle"]);
  assert.match(drawn(drawings[0]!), "signal, T at the fit");
  assert.match(drawn(drawings[1]!), "signal, mode 1, +1σ");
});

test("errors of T that are not whole say so beside every ellipse and band, in pictures of T and of the data", () => {
  const text = "nuisances ± 1σ, statistical error missing";
  const [ofPlane, ofModes] = displacementPictures(setting, outcome.fields, PARTIAL);
  assert.match(drawn(ofPlane!), `tips, ${text}`);
  assert.is(panels(drawn(ofPlane!), /<ellipse/g), 1 + 2, "one in the legend, one at each of two arrows");
  assert.not.match(drawn(ofModes!), "<ellipse");
  const curve = outcome.fields.map((field) => ({ ...field, features: [0] }));
  assert.match(drawn(displacementPictures(setting, curve, PARTIAL)[0]!), text);
  const widths = { lower: [1, 1, 1], upper: [1, 1, 1] };
  const band = { central: [11, 19, 12], statistical: undefined, systematic: widths, total: undefined };
  const ofData = (ofT: MapErrors | undefined, total?: typeof widths) =>
    drawn(projectionPictures(setting, outcome.projections, Array(3).fill({ ...band, total }), ofT)[0]!);
  assert.match(ofData(PARTIAL), text);
  assert.match(ofData(PARTIAL), "nuisances ± 1σ", "x does not depend on T");
  assert.not.match(ofData(undefined), text);
  assert.match(ofData(mapErrors({ hasResponse: true, replicas: 9, epochs: LONG }), widths), "total ± 1σ");
  const spread = mapErrors({ hasResponse: false, replicas: 9, epochs: LONG });
  assert.match(ofData(spread, widths), "replicas ± 1σ, nuisances missing");
});

test("errors of T with an ensemble are the total about the mean of the replicas", () => {
  const whole = mapErrors({ hasResponse: true, replicas: 9, epochs: LONG });
  const fields = outcome.fields.map((field) => ({
    ...field,
    replicas: { mean: field.displacements, spread: field.displacements },
    errors: field.errors && { ...field.errors, statistical: field.displacements, total: field.errors.nuisances },
  }));
  assert.match(drawn(displacementPictures(setting, fields, whole)[0]!), "tips, total ± 1σ");
  assert.match(drawn(displacementPictures(setting, fields, whole)[1]!), "tips of the replicas, mean ± 1σ");
});

test("projections have a panel per feature, with both probabilities", () => {
  const svg = drawn(projectionPictures(setting, outcome.projections, undefined, undefined)[0]!);
  for (const feature of ["x1", "energy", "angle"]) assert.match(svg, `>${feature}<`);
  assert.is(panels(svg, /p = 0\.010/g), 3);
  assert.is(panels(svg, /p = 0\.50/g), 3);
});

test("losses of trainings are drawn with the validation from before the first epoch", () => {
  const svg = drawn(lossPicture(setting, outcome.trainings)[0]!);
  for (const text of ["p(x), nominal", "training", "validation", "kept"]) assert.match(svg, text);
});

test.run();
