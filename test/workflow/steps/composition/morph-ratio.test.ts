/**
 * A morph learns the ratio of varied and nominal samples, not what is wrong with the density at the nominal values: against fits of the exact densities,
 * and against the same analysis as a measurement of a distribution of interest.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readSafetensors } from "../../../../io/index.js";
import { runInProcess } from "../../../cli/in-process.js";
import { close } from "../../../support/close.js";
import { compositionFiles, type Files } from "../../composition-sample.js";

const frac = (i: number, factor: number) => ((i + 0.5) * factor) % 1;
/** Normal numbers with hardly a fluctuation: Box and Muller's, of a lattice. */
const normals = (n: number, first: number) =>
  Array.from({ length: n }, (_, i) => {
    const [u, v] = [frac(first + i, 0.7548776662466927), frac(first + i, 0.5698402909980532)];
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
  });

/** Of the mean, per unit of ν. */
const SHIFT = 0.2;
const COUNT = 20_000;
const DATA = 1000;
/** Of each sample: what of its events is chosen for a training is all that fluctuates, by 0.08 of the error of the data. */
const HELD_OUT = 0.1;

let files: Files;
test.before(async () => {
  files = await compositionFiles();
  const nominal = normals(COUNT, 0);
  const own = normals(COUNT, 50_000);
  await files.sample("nominal.npz", { x: nominal, up: nominal.map((z) => z + SHIFT) });
  await files.sample("up.npz", { x: own.map((z) => z + SHIFT) });
  await files.sample("down.npz", { x: normals(COUNT, 90_000).map((z) => z - SHIFT) });
  await files.sample("data.npz", { x: normals(DATA, 30_000).map((z) => z + 0.3 * SHIFT) });
});
test.after(() => files.remove());

/** Of the exact fit: the mean of the data, in units of the shift, with a constraint of 1. */
const INFORMATION = DATA * SHIFT ** 2;
const SIGMA = 1 / Math.sqrt(INFORMATION + 1);
const EXACT = (0.3 * INFORMATION) / (INFORMATION + 1);

const HEAD = `columns: { x: {} }
samples: { data: data.npz, nominal: nominal.npz, up: up.npz, down: down.npz, shifted: { file: nominal.npz, columns: { x: up } } }
parameters: { nu: { range: [-5, 5], constraint: { normal: { observed: 0, sigma: 1 } } } }
likelihoods: { fit: { density: moved, sample: data, extended: false } }
`;
const TRAINING = "training: { epochs: 8, learningRate: 0.01 }";
const moved = (train: string, more = "") =>
  `moved: { morphed: { density: bell, of: [x], nuisances: { nu: 0 }, train: [${train}]${more}, heldOut: ${HELD_OUT}, kind: affine, ${TRAINING} } }`;

async function fitOf(name: string, densities: string): Promise<{ readonly estimate: number; readonly sigma: number }> {
  const file = files.write(`${name}.yaml`, `${HEAD}densities:\n  ${densities}\n`);
  const { out, error } = await runInProcess(["fit", file, "--json", "--threads", "1"], { judgesTrainings: false });
  assert.ok(out.startsWith("{"), error);
  return JSON.parse(out).likelihoods.fit.parameters[0];
}

test("a nominal density that is too wide is not mended by what nuisances do, unless no nominal events are there", async () => {
  // A tenth too wide: 0.009 nats per event.
  const wide = "bell: { gaussian: { x: x, mean: 0, sigma: 1.1 } }";
  const up = "{ sample: up, at: { nu: 1 } }";
  const without = await fitOf("without", `${moved(up)}\n  ${wide}`);
  // The density at 1 has the right width: the data move towards it by more than their error.
  assert.ok(without.estimate - EXACT > 1.5 * SIGMA, `${without.estimate} in place of ${EXACT} ± ${SIGMA}`);
  const beside = await fitOf("beside", `${moved(up, ", nominal: nominal")}\n  ${wide}`);
  // Nominal events count c = 0.92 of what varied ones do: a twelfth of the mending is left.
  close([beside.estimate], [EXACT], { absolute: 0.3 * SIGMA, relative: 0 }, "beside");
  // The same events, moved: c is the same, and no fluctuation is left.
  const pairs = await fitOf("pairs", `${moved("{ sample: shifted, at: { nu: 1 } }", ", nominal: nominal")}\n  ${wide}`);
  close([pairs.estimate], [EXACT], { absolute: 0.3 * SIGMA, relative: 0 }, "pairs");
});

test("estimates and errors are those of the exact density, and of the measurement that is the same analysis", async () => {
  const flow = `bell: { flow: { of: [x], train: nominal, heldOut: ${HELD_OUT}, kind: affine, transforms: 1, training: { epochs: 10 } } }`;
  const both = "{ sample: up, at: { nu: 1 } }, { sample: down, at: { nu: -1 } }";
  const own = await fitOf("own", `${moved(both)}\n  ${flow}`);
  close([own.estimate], [EXACT], { absolute: 0.25 * SIGMA, relative: 0 }, "estimate");
  close([own.sigma], [SIGMA], { absolute: 0, relative: 0.05 }, "error");
  const file = files.write(
    "measurement.yaml",
    `observables: { x: { features: 1, transform: [none] } }
likelihood: { observables: [x], extended: false }
processes: { only: { yield: ${DATA}, samples: [{ file: nominal.npz }, { file: up.npz, at: { nu: 1 } }, { file: down.npz, at: { nu: -1 } }] } }
nuisances: { nu: }
simulation: { heldOut: ${HELD_OUT} }
data: { file: data.npz }
flows: { x: { kind: affine, transforms: 1, training: { epochs: 10, optimiser: adamw, batch: 512, learningRate: 0.002 } } }
morph: { x: { kind: affine, training: { epochs: 8, optimiser: adamw, batch: 512, learningRate: 0.01 } } }
`,
  );
  const out = `${files.folder}/measurement`;
  const ran = await runInProcess(["run", file, "--threads", "1", "--only", "fit.x", "--out", out]);
  assert.is(ran.code, 0, ran.error);
  const { metadata } = await readSafetensors(`${out}/steps/fit.x.safetensors`, []);
  const measured = JSON.parse(metadata.record!).summary;
  close([own.estimate], measured.estimate, { absolute: 0.25 * SIGMA, relative: 0 }, "estimate of the measurement");
  close([own.sigma], measured.sigma, { absolute: 0, relative: 0.05 }, "error of the measurement");
});

test.run();
