/** The published maps T and their inverses, event by event, against float64 answers of their authors' code. */

import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../../engine/cpu/backend.js";
import { loadMixture } from "../../../../flows/formats/zuko.js";
import {
  type Applied,
  type ApplyRequest,
  applyTransport,
  mapVariations,
} from "../../../../inference/measurements/distribution-of-interest/apply.js";
import type { MixtureModel, NuisanceModel } from "../../../../inference/model/mixture-model.js";
import { publishedModel } from "../../../../inference/model/published-model.js";
import { readNpz, readTorchStateDict } from "../../../../io/index.js";
import { close } from "../../../support/close.js";
import { referenceFile, referenceTest } from "../../../support/reference.js";

const HEAD = 2000;
const PROCESSES = ["A", "B"];
const ENSEMBLE = ["boot0", "boot1"] as const;

const nuisances = ["shift", "squeeze"].map(
  (name): NuisanceModel => ({ name, kind: "shape", nominal: 0, acts: [true, true] }),
);

async function model(file: string): Promise<MixtureModel> {
  const loaded = loadMixture(await readTorchStateDict(referenceFile(`doi-toy/models/${file}`)));
  return publishedModel(file, loaded, PROCESSES, nuisances);
}

const array = async (file: string, name: string): Promise<ArrayLike<number>> =>
  (await readNpz(referenceFile(`doi-toy/${file}`), [name])).get(name)!.data as ArrayLike<number>;

/** The first events of a column [n, 2], as [2, HEAD]. */
async function head(file: string, name: string): Promise<Float64Array> {
  const data = await array(file, name);
  return Float64Array.from({ length: 2 * HEAD }, (_, i) => data[2 * (i % HEAD) + Math.floor(i / HEAD)]!);
}

async function applied(request: Omit<ApplyRequest, "backend">): Promise<Applied[]> {
  const backend = await cpuBackend({ precision: "f64", threads: 1 });
  try {
    const all: Applied[] = [];
    for await (const each of applyTransport({ ...request, backend })) all.push(each);
    return all;
  } finally {
    await backend.close();
  }
}

const TOLERANCE = { absolute: 1e-9, relative: 1e-9 };

referenceTest("to simulation: the published T and two replicas of it, of both processes", async () => {
  const step1 = await model("mixture_step1.pt");
  const replicas = [];
  for (const [index, tag] of ENSEMBLE.entries()) {
    const { transport } = await model(`ensemble/mixture_${tag}.pt`);
    replicas.push({ index, nu: [0, 0], transport: transport!.weights, architecture: transport!.architecture });
  }
  const sample = { count: HEAD, x: await head("events.npz", "x"), y: await head("events.npz", "y") };
  // The single fit has other sizes than the ensemble.
  const [first] = await applied({
    model: step1,
    direction: "to-simulation",
    sample,
    variations: mapVariations(step1, [0, 0], [], []),
  });
  const member = { ...step1, transport: { architecture: replicas[0]!.architecture, weights: replicas[0]!.transport } };
  const ensemble = await applied({
    model: member,
    direction: "to-simulation",
    sample,
    variations: mapVariations(member, [0.3, 0.1], [], replicas),
  });
  assert.equal(
    ensemble.map(({ variation }) => variation.name),
    ["nominal", "replica0", "replica1"],
  );
  for (const [tag, { y }] of [
    ["step1", first!],
    ["boot0", ensemble[1]!],
    ["boot1", ensemble[2]!],
  ] as const) {
    const wanted = await array("golden.npz", `${tag}/T_of_y`);
    for (const [f, own] of y.entries()) {
      const ofProcess = own.map((_, i) => wanted[2 * (f * HEAD + (i % HEAD)) + Math.floor(i / HEAD)]!);
      close(own, ofProcess, TOLERANCE, `${tag}, process ${f}`);
    }
  }
  const logDet = await array("golden.npz", "step1/T_log_det");
  for (const [f, own] of first!.logDet!.entries()) {
    close(
      own,
      own.map((_, i) => logDet[2 * i + f]!),
      TOLERANCE,
      `logDet, process ${f}`,
    );
  }
});

referenceTest("to data: the inverse of the published T on nominal simulation, with its logDet", async () => {
  const step1 = await model("mixture_step1.pt");
  const [x, y] = [await head("events.npz", "x"), await head("events_nominal.npz", "y")];
  const wanted = await array("golden.npz", "step1/T_inverse_of_nominal_y");
  for (const process of [0, 1]) {
    const [found] = await applied({
      model: step1,
      direction: "to-data",
      sample: { count: HEAD, x, y, process },
      variations: mapVariations(step1, [0, 0], [], []),
    });
    const row = (column: number) =>
      Float64Array.from({ length: HEAD }, (_, i) => wanted[3 * (process * HEAD + i) + column]!);
    close(found!.y[0]!, [...row(0), ...row(1)], TOLERANCE, `process ${process}`);
    close(found!.logDet![0]!, row(2), TOLERANCE, `logDet, process ${process}`);
  }
});

test.run();
