/** Two analyses with models that are there: a small trained one whose answers PyTorch computed, and a smooth one of Gaussians. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import type { MixtureModel } from "../../inference/model/mixture-model.js";
import { writeNpz } from "../../io/index.js";
import { saveModel } from "../../workflow/store/model-files.js";
import { torchAnswers, torchEvents, torchModel } from "../inference/torch-mixture.js";
import { gaussianModel } from "../support/gaussian-mixture.js";
import { randomNumbers } from "../support/random-numbers.js";
import { runInProcess as run } from "./in-process.js";
import { rows, TORCH_FLOWS, TORCH_SAMPLES } from "./torch-files.js";

export const folder = mkdtempSync(join(tmpdir(), "unbinned-verbs-"));
export const file = join(folder, "analysis.yaml");

const YAML = `
name: PyTorch's mixture
output: out
observables: { x: { features: 1 }, y: { features: 2 } }
processes:
  A: { yield: 14, samples: ${TORCH_SAMPLES("a.npz")} }
  B: { yield: 18, samples: ${TORCH_SAMPLES("a.npz")} }
nuisances: { nu1: , nu2: }
data: { file: data.npz, weight: weight }
scan: { points: 5, grid: 4, range: 2 }
${TORCH_FLOWS}`;

const both = (name: string) => `{ file: down-a.npz, at: { ${name}: -1 } }, { file: up-a.npz, at: { ${name}: 1 } }`;

/** Three processes, four nuisances, smooth in all of them. */
export const smoothFile = join(folder, "smooth.yaml");
const SMOOTH_YAML = `
name: Gaussians
output: smooth
observables: { x: { features: 1 }, y: { features: 3 } }
processes:
  process0: { yield: 15, samples: [{ file: a.npz }, ${both("scale")}, { file: up-a.npz, at: { modelling: 1 } }] }
  process1: { yield: 20, samples: [{ file: a.npz }, ${both("scale")}] }
  process2: { yield: 25, samples: [{ file: a.npz }, ${both("scale")}, ${both("tilt")}, { file: up-a.npz, at: { scale: 1, tilt: 1 } }] }
nuisances:
  scale:
  rate: { kind: rate, processes: [process1], kappa: 0.1, nominal: 0.2 }
  tilt: { processes: [process2], nominal: 0.3 }
  modelling: { processes: [process0] }
data: { file: smooth.npz }
truth: { scale: 0.5 }
scan: { nuisances: [scale], pairs: [[scale, tilt]], points: 5, grid: 4, range: 2 }
flows: { x: { kind: affine, transforms: 1, hidden: [3] }, y: { kind: affine, transforms: 1, hidden: [3] } }
morph: { shiftFirst: false, pairs: [[scale, tilt]], quadraticDamping: 0.02, pairDamping: 0.1, x: { kind: affine, layers: 1, hidden: [3] }, y: { kind: affine, layers: 1, hidden: [3] } }
transport: { transforms: 1, hidden: [3] }
response: { enabled: false, layers: 1, hidden: [3], scale: 0.5 }
`;

/** T responds to all nuisances alike. */
const respondingModel: MixtureModel = {
  ...gaussianModel,
  response: {
    ...gaussianModel.response!,
    architecture: {
      ...gaussianModel.response!.architecture,
      nuisances: gaussianModel.response!.architecture.nuisances.map((nuisance) => ({ ...nuisance, scale: 0.5 })),
    },
  },
};
export const RESPONDING = ["--set", "output=responding", "--set", "response.enabled=true"];

/** To be called before the tests. */
export async function writeAnalyses(): Promise<void> {
  writeFileSync(file, YAML);
  const { x, y, weights } = torchEvents;
  const columns = { x: rows(x), y: rows(y!), weight: { shape: [torchEvents.count], data: weights as Float64Array } };
  await writeNpz(join(folder, "data.npz"), columns);
  await writeNpz(join(folder, "a.npz"), columns);
  const broken = Float64Array.from(columns.x.data);
  broken[3] = Number.NaN;
  await writeNpz(join(folder, "nan.npz"), { ...columns, x: { ...columns.x, data: broken } });
  await writeNpz(join(folder, "no-y.npz"), { x: columns.x, weight: columns.weight });
  await writeNpz(join(folder, "wide.npz"), { ...columns, x: columns.y });
  const random = randomNumbers(5);
  const smooth = (width: number) =>
    rows(
      Float64Array.from({ length: 60 * width }, () => 4 * random() - 2),
      60,
    );
  await writeNpz(join(folder, "smooth.npz"), { x: smooth(1), y: smooth(3) });
  writeFileSync(smoothFile, SMOOTH_YAML);
  writeFileSync(join(folder, "renamed.yaml"), YAML.replaceAll("nu2", "nu3"));
  const out = join(folder, "out");
  mkdirSync(out);
  mkdirSync(join(folder, "smooth"));
  const { response: _, ...gaussians } = gaussianModel;
  await saveModel(join(folder, "smooth"), gaussians);
  mkdirSync(join(folder, "responding"));
  await saveModel(join(folder, "responding"), respondingModel);
  await saveModel(out, torchModel({ hasTransport: true, hasRates: false }));
}

/** To be called after them. */
export const removeAnalyses = () => rmSync(folder, { recursive: true });

export async function jsonAndCode(analysis: string, verb: string, ...options: readonly string[]) {
  const { out, error, code } = await run([verb, analysis, "--json", "--threads", "1", ...options]);
  return { result: JSON.parse(out), error, code };
}

export async function jsonOf(analysis: string, verb: string, ...options: readonly string[]) {
  const { result, error, code } = await jsonAndCode(analysis, verb, ...options);
  assert.is(code, 0, error);
  return { result, error };
}

export const json = (verb: string, ...options: readonly string[]) => jsonOf(file, verb, ...options);

/** PyTorch's, of all events at the nominal point. */
export const jointAnswer = torchAnswers.find(
  ({ form, withTransfer, parameters }) => form === "joint" && withTransfer && parameters.every((value) => value === 0),
)!;
