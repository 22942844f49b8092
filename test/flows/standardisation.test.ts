/** Constants of standardisation by class: each event is treated as by a flow that has the constants of its class alone. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Tape } from "../../engine/tape/tape.js";
import {
  type Architecture,
  autoregressiveFlow,
  couplingFlow,
  factorizableFlow,
} from "../../flows/architecture/architecture.js";
import { named, type Weights } from "../../flows/networks/weights.js";
import { withStandardisation } from "../../flows/standardisation.js";
import { testBackends } from "../support/backends.js";
import { close } from "../support/close.js";
import { rejects } from "../support/rejects.js";
import { runOn } from "../support/run-program.js";
import { bind, D, inputs, N, randomWeights, spline } from "./transform-samples.js";

/** A class of two, one-hot, and a number. */
const CONTEXT = 3;
const common = { features: D, context: CONTEXT, hidden: [7] };

const architectures: Readonly<Record<string, Architecture>> = {
  autoregressive: autoregressiveFlow({ ...common, transforms: 2, transform: spline, standardisation: "input" }),
  coupling: couplingFlow({ ...common, transforms: 1, transform: { kind: "affine" }, standardisation: "both" }),
  factorizable: factorizableFlow({
    ...common,
    layers: 1,
    nuisances: [{ nominal: 0.2 }, {}],
    spline,
    standardisation: "both",
  }),
};

const SHIFTS = [
  [0.3, -0.2, 1],
  [-1, 0.7, 0.1],
];
const SCALES = [
  [1.5, 0.8, 2],
  [0.4, 1.7, 0.9],
];

const vector = (entries: readonly number[]) => Float64Array.from(entries);

/** Weights of the networks are the same for all constants. */
function weightsWith(architecture: Architecture, shift: readonly number[], scale: readonly number[]): Weights {
  const plain = randomWeights({ ...architecture, standardisation: "none" } as Architecture);
  const constants = withStandardisation(
    new Map(
      ["features", "context"].flatMap((of) =>
        ["shift", "scale"].map((key) => {
          const size = of === "context" ? CONTEXT : shift.length;
          return [`standardisation.${of}.${key}`, { shape: shapeOf(size), data: new Float64Array(size) }] as const;
        }),
      ),
    ),
    {
      features: { mean: vector(shift), standardDeviation: vector(scale) },
      context: { mean: vector([0, 0, 0.4]), standardDeviation: vector([1, 1, 2]) },
    },
  );
  return new Map([...plain, ...constants]);
}

const shapeOf = (size: number) => (size === 2 * D ? [2, D] : [size]);

for (const [name, architecture] of Object.entries(architectures)) {
  for (const direction of ["forward", "inverse"] as const) {
    test(`${name}, ${direction}: an event has the constants of its class`, async () => {
      const x = inputs(D, 2, 3);
      const number = inputs(1, 1, 4);
      const classOf = (event: number) => (event % 3 === 0 ? 1 : 0);
      const oneHot = [0, 1].flatMap((own) => Array.from({ length: N }, (_, e) => (classOf(e) === own ? 1 : 0)));
      const columns = { x, context: vector([...oneHot, ...number]) };
      const outputsOf = async (own: Architecture, weights: Weights) => {
        const tape = new Tape();
        const { value, logDet } = bind(tape, own)[direction](tape.column("x", [D]), tape.column("context", [CONTEXT]));
        const parameters = named("flow", weights);
        return runOn(testBackends()[0] as never, { outputs: { value, logDet }, parameters, columns });
      };
      const both = await outputsOf(
        { ...architecture, classes: 2 } as Architecture,
        weightsWith(architecture, SHIFTS.flat(), SCALES.flat()),
      );
      const alone = await Promise.all(
        [0, 1].map((own) => outputsOf(architecture, weightsWith(architecture, SHIFTS[own]!, SCALES[own]!))),
      );
      // The sum over classes adds zeros: nothing rounds otherwise.
      const tight = { absolute: 1e-13, relative: 1e-13 };
      for (let event = 0; event < N; event++) {
        const own = alone[classOf(event)]!;
        close([both.logDet![event]!], [own.logDet![event]!], tight, "logDet");
        for (let i = 0; i < D; i++) close([both.value![i * N + event]!], [own.value![i * N + event]!], tight, "value");
      }
      assert.ok(Math.abs(alone[0]!.logDet![1]! - alone[1]!.logDet![1]!) > 1e-2, "the classes differ");
    });
  }
}

test("classes are columns of the context, and need standardisation", async () => {
  const options = { ...common, transforms: 1, transform: spline } as const;
  const make = (classes: number, standardisation: "none" | "input") => () =>
    autoregressiveFlow({ ...options, standardisation, classes });
  const message = (got: string) =>
    new RegExp(
      `autoregressive flow: expected classes among the 3 columns of the context, with standardisation, got ${got}`,
    );
  await rejects(make(4, "input"), message("4"));
  await rejects(make(0, "input"), message("0"));
  await rejects(make(1.5, "input"), message("1.5"));
  await rejects(make(2, "none"), message("2"));
  assert.is(make(3, "input")().classes, 3);
});

test.run();
