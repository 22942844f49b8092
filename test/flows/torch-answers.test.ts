/** Small flows against plain PyTorch in float64: test/references/torch-*.json. */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import { gradient, hessian } from "../../engine/derivatives/gradient.js";
import { add, sumEvents } from "../../engine/tape/operations.js";
import { Tape, type Var } from "../../engine/tape/tape.js";
import { couplingFlow, type FlowArchitecture, initialise } from "../../flows/architecture/architecture.js";
import { bindFactorizableFlow } from "../../flows/factorizable.js";
import { bindFlow } from "../../flows/flow.js";
import {
  type ForeignTensors,
  type LoadedFlow,
  loadAutoregressive,
  loadFactorizable,
  loadNsf,
  loadSplines,
} from "../../flows/formats/zuko.js";
import { named, type Weights } from "../../flows/networks/weights.js";
import { close } from "../support/close.js";
import { runOnEachBackend } from "../support/run-program.js";

interface Numbers {
  readonly shape: number[];
  readonly data: number[];
}

interface FlowAnswers {
  readonly bins: number;
  readonly bound: number;
  readonly features: number;
  readonly context: number;
  readonly tensors: Record<string, Numbers>;
  readonly forward: Record<"x" | "context" | "latent" | "logDet" | "logProb", Numbers>;
  readonly gradient: { readonly firstEvent: number; readonly x: Numbers };
  readonly inverse: Record<"latent" | "context" | "x" | "logDet", Numbers>;
}

interface FactorizableAnswers {
  readonly tensors: Record<string, Numbers>;
  readonly q: number;
  readonly r: number;
  readonly y: Numbers;
  readonly contextOfEvents: Numbers;
  readonly at: readonly {
    readonly nu: Numbers | number[];
    readonly nominal: Numbers;
    readonly logDet: Numbers;
    readonly logProb: Numbers;
    readonly gradientInNu: Numbers | number[];
    readonly hessianInNu: Numbers;
    readonly inverse: { readonly y: Numbers; readonly logDet: Numbers };
  }[];
}

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../test/references/torch-${name}.json`, import.meta.url), "utf8"));

const column = ({ data }: Numbers) => Float64Array.from(data);
const flat = (x: Numbers | number[]) => (Array.isArray(x) ? x : x.data);

/** f64: rounding of a few hundred operations. f32: logits here are large (slopes up to 1000), which costs digits. */
const allowed = {
  f64: { absolute: 1e-10, relative: 1e-10 },
  f32: { absolute: 3e-3, relative: 1e-3 },
} as const;

/** Events `first` and later of columns `[rows, events]`. */
function from({ shape, data }: Numbers, first: number): Float64Array {
  const [rows, events] = shape as [number, number];
  return Float64Array.from(
    Array.from({ length: rows }, (_, r) => data.slice(r * events + first, (r + 1) * events)).flat(),
  );
}

async function checkFlow(answers: FlowAnswers, { architecture, weights }: LoadedFlow<FlowArchitecture>) {
  const tape = new Tape();
  const flow = bindFlow(tape, architecture, "flow");
  const x = tape.column("x", [answers.features]);
  const context = tape.column("context", [answers.context]);
  const { value, logDet } = flow.toLatent(x, context);
  const logProb = flow.logProb(x, context);
  const latent = tape.column("latent", [answers.features], tape.events("inverse"));
  const latentContext = tape.column("latent context", [answers.context], tape.events("inverse"));
  const inverse = flow.fromLatent(latent, latentContext);
  const bulk = tape.column("bulk", [answers.features], tape.events("bulk"));
  const bulkContext = tape.column("bulk context", [answers.context], tape.events("bulk"));
  const [slope] = gradient(sumEvents(flow.logProb(bulk, bulkContext)), [bulk]) as [Var];
  const { forward, inverse: back, gradient: slopes } = answers;
  await runOnEachBackend(
    {
      outputs: { value, logDet, logProb, slope, inverse: inverse.value, inverseLogDet: inverse.logDet },
      parameters: named("flow", weights),
      columns: {
        x: column(forward.x),
        context: column(forward.context),
        latent: column(back.latent),
        "latent context": column(back.context),
        bulk: from(forward.x, slopes.firstEvent),
        "bulk context": from(forward.context, slopes.firstEvent),
      },
    },
    (got, { name, precision }) => {
      const wanted = {
        value: forward.latent,
        logDet: forward.logDet,
        logProb: forward.logProb,
        inverse: back.x,
        inverseLogDet: back.logDet,
        slope: slopes.x,
      };
      for (const [key, { data }] of Object.entries(wanted)) {
        close(got[key] as Float64Array, data, allowed[precision], `${key} on ${name}`);
      }
    },
  );
}

const tensorsOf = ({ tensors }: { tensors: Record<string, Numbers> }): ForeignTensors =>
  new Map(Object.entries(tensors));

test("a neural spline flow agrees with PyTorch", async () => {
  const answers = read("nsf") as FlowAnswers;
  await checkFlow(answers, loadSplines(tensorsOf(answers), "transform.transforms"));
});

test("a transport map with a free slope at the right edge agrees with PyTorch", async () => {
  const answers = read("transfer") as FlowAnswers;
  await checkFlow(answers, loadSplines(tensorsOf(answers), "transform.transforms"));
});

test("an affine autoregressive flow agrees with PyTorch", async () => {
  const answers = read("maf") as FlowAnswers;
  await checkFlow(
    answers,
    loadAutoregressive(tensorsOf(answers), "transform.transforms", () => ({ kind: "affine" })),
  );
});

/** The file's networks see (passive features, context), ours (context, passive features). */
function couplingWeights(answers: FlowAnswers, passive: readonly (readonly number[])[], start: Weights): Weights {
  const weights: Weights = new Map();
  for (const [name, { shape }] of start) {
    const [, transform, layer, kind] = name.split(".") as [string, string, string, string];
    const foreign = answers.tensors[`transform.transforms.${transform}.hyper.${2 * Number(layer)}.${kind}`] as Numbers;
    const width = shape.at(-1) as number;
    const nPassive = passive[Number(transform)]?.length as number;
    const isFirst = layer === "0" && kind === "weight";
    const data = foreign.data.map((entry, i) => {
      const c = i % width;
      return isFirst ? (foreign.data[i - c + ((c + nPassive) % width)] as number) : entry;
    });
    weights.set(name, { shape, data: Float64Array.from(data) });
  }
  return weights;
}

test("a spline coupling flow agrees with PyTorch", async () => {
  const answers = read("coupling") as FlowAnswers;
  const passive = [0, 1].map((i) => (answers.tensors[`transform.transforms.${i}.passive`] as Numbers).data);
  const architecture = couplingFlow({
    features: answers.features,
    context: answers.context,
    transforms: 2,
    hidden: [16, 16],
    transform: { kind: "spline", bins: answers.bins, bound: answers.bound },
    passive,
  });
  await checkFlow(answers, { architecture, weights: couplingWeights(answers, passive, initialise(architecture, 0)) });
});

test("a factorizable flow with a pair term agrees with PyTorch, to second derivatives in ν", async () => {
  const answers = read("fnf") as FactorizableAnswers;
  const tensors = tensorsOf(answers);
  const base = loadNsf(tensors, "base_model");
  const loaded = loadFactorizable(tensors, "transforms", { quadratic: answers.q, pair: answers.r });
  const tape = new Tape();
  const nu = tape.parameter("nu", [2]);
  const y = tape.column("y", [3]);
  const context = tape.column("context", [2]);
  const morph = bindFactorizableFlow(tape, loaded.architecture, "morph");
  const flow = bindFlow(tape, base.architecture, "base");
  const { value, logDet } = morph.toNominal(y, context, nu);
  const inverse = morph.fromNominal(y, context, nu);
  const logProb = add(flow.logProb(value, context), logDet);
  const total = sumEvents(logProb);
  const [slope] = gradient(total, [nu]) as [Var];
  const outputs = {
    value,
    logDet,
    logProb,
    slope,
    curvature: hessian(total, nu),
    inverse: inverse.value,
    inverseLogDet: inverse.logDet,
  };
  for (const at of answers.at) {
    await runOnEachBackend(
      {
        outputs,
        parameters: {
          ...named("morph", loaded.weights),
          ...named("base", base.weights),
          nu: flat(at.nu),
        },
        columns: { y: column(answers.y), context: column(answers.contextOfEvents) },
      },
      (got, { name, precision }) => {
        const head = (key: string, rows: number) =>
          Array.from({ length: rows }, (_, r) => [...(got[key] as Float64Array).subarray(r * 24, r * 24 + 8)]).flat();
        const check = (numbers: ArrayLike<number>, wanted: Numbers | number[], what: string) =>
          close(numbers, flat(wanted), allowed[precision], `${what} at ν = ${flat(at.nu)} on ${name}`);
        check(got.value as Float64Array, at.nominal, "nominal");
        check(got.logDet as Float64Array, at.logDet, "logDet");
        check(got.logProb as Float64Array, at.logProb, "logProb");
        check(got.slope as Float64Array, at.gradientInNu, "gradient");
        check(got.curvature as Float64Array, at.hessianInNu, "hessian");
        check(head("inverse", 3), at.inverse.y, "inverse");
        check(head("inverseLogDet", 1), at.inverse.logDet, "inverse logDet");
      },
    );
  }
});

test.run();
