/** The published weights against float64 answers of the authors' own code. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ColumnData } from "../../engine/runtime/backend.js";
import { add, concatenate } from "../../engine/tape/operations.js";
import { Tape, type Var } from "../../engine/tape/tape.js";
import type { AutoregressiveArchitecture } from "../../flows/architecture/architecture.js";
import { bindFactorizableFlow } from "../../flows/factorizable.js";
import { bindFlow } from "../../flows/flow.js";
import { type LoadedDensity, type LoadedFlow, loadMixture } from "../../flows/formats/zuko.js";
import { named } from "../../flows/networks/weights.js";
import { readNpz } from "../../io/numpy/npz.js";
import { readTorchStateDict } from "../../io/torch/torch-state-dict.js";
import { testBackends } from "../support/backends.js";
import { referenceFile, referenceTest } from "../support/reference.js";

/** Events compared, spread evenly over the 2000 that the answers cover. */
const N_HEAD = 2000;
const N = 100;
const STRIDE = N_HEAD / N;

const TAGS = ["step1", "boot0", "boot1", "boot2", "boot3"];

const file = (tag: string) =>
  referenceFile(tag === "step1" ? "doi-toy/models/mixture_step1.pt" : `doi-toy/models/ensemble/mixture_${tag}.pt`);

const array = async (name: string, key: string): Promise<ArrayLike<number>> => {
  const found = (await readNpz(referenceFile(`doi-toy/${name}`), [key])).get(key);
  return found?.data as ArrayLike<number>;
};

/** Rows `[event, width]` of a file as columns `[width, event]`, the compared events only. */
function columns(rows: ArrayLike<number>, width: number): Float64Array {
  return Float64Array.from({ length: width * N }, (_, i) => {
    const [column, event] = [Math.floor(i / N), i % N];
    return rows[event * STRIDE * width + column] as number;
  });
}

/** Greatest |got - expected| where `expected[place(row, event)]` belongs to row `row` of the output. */
function largestDifference(
  got: Float64Array,
  expected: ArrayLike<number>,
  place: (row: number, event: number) => number,
): number {
  let largest = 0;
  for (let i = 0; i < got.length; i++) {
    const wanted = expected[place(Math.floor(i / N), (i % N) * STRIDE)] as number;
    const difference = Math.abs((got[i] as number) - wanted);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

/** [2, 2] class of each row, and [2, 4] class and x. */
const oneHot = (tape: Tape) => tape.constant([1, 0, 0, 1], [2, 2]);
const classAndX = (tape: Tape, x: Var) => concatenate([oneHot(tape), x]);

async function logProbs(density: LoadedDensity, contextOf: (tape: Tape, x: Var) => Var, of: "x" | "y", nu: number[]) {
  const tape = new Tape();
  const x = tape.column("x", [2]);
  const observed = of === "x" ? x : tape.column("y", [2]);
  const context = contextOf(tape, x);
  const morph = bindFactorizableFlow(tape, density.morph.architecture, "morph");
  const nominal = bindFlow(tape, density.nominal.architecture, "nominal");
  const moved = morph.toNominal(observed, context, tape.parameter("nu", [2]));
  const logProb = add(nominal.logProb(moved.value, context), moved.logDet);
  assert.equal(logProb.shape, [2]);
  return run(
    { logProb },
    {
      ...named("morph", density.morph.weights),
      ...named("nominal", density.nominal.weights),
      nu: Float64Array.from(nu),
    },
    {
      x: columns(await array("events.npz", "x"), 2),
      ...(of === "y" && { y: columns(await array("events.npz", "y"), 2) }),
    },
  );
}

async function run(
  outputs: Record<string, Var>,
  parameters: Record<string, Float64Array>,
  data: Record<string, ColumnData>,
): Promise<Record<string, Float64Array>[]> {
  const answers: Record<string, Float64Array>[] = [];
  for (const { create, precision } of testBackends()) {
    if (precision === "f32") continue;
    const backend = await create();
    const program = await backend.compile({ outputs });
    await program.write(parameters);
    await program.bind(data);
    answers.push(await program.run());
    await program.close();
    await backend.close();
  }
  return answers;
}

/** In f64 both sides only differ in rounding: 1e-13 to 1e-12 seen. */
const TOLERANCE = 1e-9;

for (const [of, key, contextOf] of [
  ["x", "log_p_kin", oneHot],
  ["y", "log_p_score_of_y", classAndX],
] as const) {
  referenceTest(`published ${key} at every ν`, async () => {
    const mixture = loadMixture(await readTorchStateDict(file("step1")));
    const density = of === "x" ? mixture.kinematics : mixture.scores;
    const nus = await array("golden.npz", "nu");
    for (let i = 0; i < 5; i++) {
      const expected = await array("golden.npz", `${key}/${i}`);
      const nu = [nus[2 * i] as number, nus[2 * i + 1] as number];
      for (const { logProb } of await logProbs(density, contextOf, of, nu)) {
        const largest = largestDifference(logProb as Float64Array, expected, (row, event) => 2 * event + row);
        assert.ok(largest < TOLERANCE, `ν ${nu}: off by ${largest}`);
      }
    }
  });
}

async function checkTransport(tag: string, { architecture, weights }: LoadedFlow<AutoregressiveArchitecture>) {
  const tape = new Tape();
  const context = classAndX(tape, tape.column("x", [2]));
  const transport = bindFlow(tape, architecture, "transport");
  const forward = transport.toLatent(tape.column("y", [2]), context);
  const backward = transport.fromLatent(tape.column("nominal", [2]), context);
  const outputs = {
    value: forward.value,
    logDet: forward.logDet,
    inverse: backward.value,
    inverseLogDet: backward.logDet,
  };
  const data = {
    x: columns(await array("events.npz", "x"), 2),
    y: columns(await array("events.npz", "y"), 2),
    nominal: columns(await array("events_nominal.npz", "y"), 2),
  };
  const golden = (key: string) => array("golden.npz", `${tag}/${key}`);
  const inverse = await golden("T_inverse_of_nominal_y");
  const places = {
    // Row 2 f + j of the output; [f, event, j] in the file.
    value: [await golden("T_of_y"), (row, event) => ((row >> 1) * N_HEAD + event) * 2 + (row & 1)],
    logDet: [await golden("T_log_det"), (row, event) => event * 2 + row],
    inverse: [inverse, (row, event) => ((row >> 1) * N_HEAD + event) * 3 + (row & 1)],
    inverseLogDet: [inverse, (row, event) => (row * N_HEAD + event) * 3 + 2],
  } satisfies Record<string, [ArrayLike<number>, (row: number, event: number) => number]>;
  for (const answers of await run(outputs, named("transport", weights), data)) {
    for (const [name, [expected, place]] of Object.entries(places)) {
      const largest = largestDifference(answers[name] as Float64Array, expected, place);
      assert.ok(largest < TOLERANCE, `${tag} ${name}: off by ${largest}`);
    }
  }
}

for (const tag of TAGS) {
  referenceTest(`published T and its inverse of ${tag}`, async () => {
    await checkTransport(tag, loadMixture(await readTorchStateDict(file(tag))).transport);
  });
}

referenceTest("a published mixture holds its yields and nuisances", async () => {
  const { nu, logYields, kappa, mixing, transport } = loadMixture(await readTorchStateDict(file("step1")));
  assert.equal(
    [...nu].map((value) => value.toFixed(4)),
    ["0.4762", "-0.5280"],
  );
  assert.equal(
    [...logYields].map((value) => value.toFixed(4)),
    ["10.8198", "10.8198"],
  );
  assert.equal(
    [...kappa].map((value) => value.toFixed(2)),
    ["0.05"],
  );
  assert.equal([...mixing], [1, 1]);
  assert.equal(transport.architecture.layers[0]?.order, [1, 0]);
  assert.equal(transport.architecture.transform, { kind: "spline", bins: 30, bound: 5, freeRightSlope: true });
});

test.run();
