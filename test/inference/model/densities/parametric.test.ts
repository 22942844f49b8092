/**
 * Densities of one column against mpmath (test/references/densities.py), far tails and extreme parameters by name: value, gradient and Hessian of log p in numbers that each
 * event has of its own.
 */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../../../engine/derivatives/gradient.js";
import { sumEvents } from "../../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../../engine/tape/tape.js";
import { parseExpression } from "../../../../inference/expressions/parse.js";
import { bindComposition, pointOn, TapeParts } from "../../../../inference/model/composition/bind-composition.js";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import { type DensityForm, densityKinds } from "../../../../inference/model/densities/densities.js";
import { type TestBackend, testBackends } from "../../../support/backends.js";
import { runOn } from "../../../support/run-program.js";
import type { parametricSamples } from "./parametric-samples.js";
import { parameter } from "./samples.js";

interface Point {
  readonly x: number;
  readonly logProb: number;
  /** Of log p in x. */
  readonly slope: number;
  readonly gradient: readonly number[];
  readonly hessian: readonly (readonly number[])[];
}

interface Case {
  readonly kind: keyof typeof parametricSamples | "gaussian" | "exponential" | "johnson" | "generic";
  /** Of a generic one, its expression. */
  readonly name: string;
  readonly parameters: Readonly<Record<string, number>>;
  readonly range: readonly [number | null, number | null];
  readonly points: readonly Point[];
}

const { cases } = JSON.parse(
  readFileSync(new URL("../../../../../test/references/densities.json", import.meta.url), "utf8"),
) as { readonly cases: readonly Case[] };

/** The form with its numbers taken from columns of their names. */
async function formOf({ kind, name, parameters }: Case): Promise<DensityForm> {
  if (kind === "generic") {
    return { kind, x: "observed", expression: await parseExpression(name.replaceAll(/\bx\b/g, "observed"), name) };
  }
  const names = Object.keys(parameters);
  const same = Object.fromEntries(names.map((name) => [name, name]));
  const column = { crystalball: "m", argus: "mass" }[kind as string] ?? "x";
  const isList = ["polynomial", "chebychev", "bernstein"].includes(kind);
  return { kind, [column]: "observed", ...(isList ? { coefficients: names } : same) } as unknown as DensityForm;
}

async function evaluate(own: Case, backend: TestBackend, order: 0 | 2) {
  const names = Object.keys(own.parameters);
  const [low, high] = own.range;
  const range = [low ?? Number.NEGATIVE_INFINITY, high ?? Number.POSITIVE_INFINITY] as const;
  const composition = checkedComposition({
    columns: {
      observed: range.some(Number.isFinite) ? { range } : {},
      ...Object.fromEntries(names.map((name) => [name, {}])),
    },
    parameters: [parameter("unused", 1)],
    densities: { d: await formOf(own) },
  });
  const tape = new Tape();
  const columns = Object.fromEntries(["observed", ...names].map((name) => [name, tape.column(name)]));
  const at = bindComposition(composition, pointOn(tape, composition, {}), columns, new TapeParts());
  const value = at.density("d").logProb();
  const numbers = names.map((name) => columns[name]!);
  const slopes = order === 0 ? [] : gradient(sumEvents(value), numbers);
  const curvatures = slopes.flatMap((slope) => gradient(sumEvents(slope), numbers));
  const named = (what: string, nodes: readonly Var[]) => nodes.map((node, i) => [`${what}${i}`, node] as const);
  const found = await runOn(backend, {
    outputs: Object.fromEntries([["value", value], ...named("slope", slopes), ...named("curvature", curvatures)]),
    parameters: {},
    columns: {
      observed: Float64Array.from(own.points, ({ x }) => x),
      ...Object.fromEntries(
        names.map((name) => [name, new Float64Array(own.points.length).fill(own.parameters[name]!)]),
      ),
    },
  });
  return { names, found };
}

const ROUNDING = 2 ** -24;

/** In f32: what the rounding of x and of the numbers does to log p, some times over, and a few dozen roundings of itself and of numbers of order 10. */
function allowedInF32({ kind, parameters }: Case, { x, logProb, slope, gradient: own }: Point): number {
  const ofNumbers = Object.values(parameters).reduce((sum, value, i) => sum + Math.abs(value * own[i]!), 0);
  // Of a part that is narrow beside sigma, a difference of two values of the distribution function, each known to its own rounding.
  const narrow = kind === "gaussian" && parameters.sigma! > 1e3 ? 1e-4 : 0;
  return ROUNDING * (24 * (Math.abs(x * slope) + ofNumbers) + 32 * (Math.abs(logProb) + 10)) + narrow;
}

for (const backend of testBackends()) {
  const isExact = backend.precision === "f64";
  for (const own of cases) {
    test(`${own.kind} ${own.name}: log p${isExact ? ", gradient and Hessian are" : " is"} mpmath's, on ${backend.name} in ${backend.precision}`, async () => {
      const { names, found } = await evaluate(own, backend, isExact ? 2 : 0);
      own.points.forEach((point, e) => {
        const check = (what: string, key: string, wanted: number, allowed: number) => {
          const got = found[key]![e]!;
          const isClose = Math.abs(got - wanted) <= allowed;
          assert.ok(isClose, `${what} at ${point.x} is ${got}, wanted ${wanted}, allowed difference ${allowed}`);
        };
        const within = (unit: number, wanted: number) => unit * Math.max(1, Math.abs(wanted));
        check("log p", "value", point.logProb, isExact ? within(1e-10, point.logProb) : allowedInF32(own, point));
        if (!isExact) return;
        names.forEach((name, i) => {
          check(`slope in ${name}`, `slope${i}`, point.gradient[i]!, within(1e-10, point.gradient[i]!));
          names.forEach((other, j) => {
            const wanted = point.hessian[i]![j]!;
            const key = `curvature${i * names.length + j}`;
            // An entry is a difference of terms as large as those of the diagonal allow; of a width of 1e-6 these are 1e6, and so is their rounding.
            const terms = Math.sqrt(Math.abs(point.hessian[i]![i]! * point.hessian[j]![j]!));
            const allowed = within(1e-8, wanted) + (i === j ? 0 : 1e-11 * terms);
            check(`second derivative in ${name} and ${other}`, key, wanted, allowed);
          });
        });
      });
    });
  }
}

test("every kind with a formula has answers", () => {
  // 1 / (high - low), and p: their laws say it all.
  const others = ["uniform", "bernoulli"];
  const made = [
    "mixture",
    "categories",
    "product",
    "conditional",
    "truncated",
    "ensemble",
    "flow",
    "morphed",
    "transported",
  ];
  const wanted = densityKinds.filter((kind) => ![...others, ...made].includes(kind));
  assert.equal([...new Set(cases.map(({ kind }) => kind as string))].sort(), [...wanted].sort());
  for (const { kind, name, points } of cases) assert.is(points.length, 20, `${kind} ${name}: ${points.length}`);
});

test.run();
