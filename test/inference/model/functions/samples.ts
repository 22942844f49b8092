/** A composition for every kind of function: a kind without one does not compile. */
import { parseExpression } from "../../../../inference/expressions/parse.js";
import type { Composition } from "../../../../inference/model/composition/composition.js";
import type { FunctionForm } from "../../../../inference/model/functions/functions.js";
import type { NetworkModel } from "../../../../inference/model/functions/network.js";
import { networkOf, parameter } from "../densities/samples.js";

export interface FunctionSample {
  readonly name: string;
  readonly form: FunctionForm;
  /** Parameters and their values. */
  readonly parameters: Readonly<Record<string, number>>;
  /** Values of columns of two events. */
  readonly columns: Readonly<Record<string, readonly [number, number]>>;
  /** By other means, from values of parameters and columns: one number, or one for each label. */
  readonly expected: (at: Readonly<Record<string, number>>) => readonly number[];
}

/** The composition whose function f is the sample, and whose density looks at no more than it has to. */
export const compositionOf = ({ form, parameters, columns }: FunctionSample): Composition => ({
  parameters: Object.entries(parameters).map(([name, start]) => parameter(name, start)),
  columns: {
    ...Object.fromEntries(Object.keys(columns).map((name) => [name, name === "pass" ? { values: [3, 7] } : {}])),
    m: { range: [0, 1] },
  },
  functions: { f: form },
  densities: { u: { kind: "uniform", x: "m" } },
});

/** The last layer of a dense network with tanh between, number by number. */
function dense({ architecture, weights }: NetworkModel, inputs: readonly number[]): number[] {
  const { hidden } = architecture;
  return Array.from({ length: hidden.length + 1 }, (_, layer) => layer).reduce<number[]>(
    (values, layer) => {
      const { shape, data } = weights.get(`${layer}.weight`)!;
      const bias = weights.get(`${layer}.bias`)!.data;
      const [rows, width] = shape as [number, number];
      return Array.from({ length: rows }, (_, row) => {
        const sum = values.reduce((total, value, i) => total + value * data[row * width + i]!, bias[row]!);
        return layer < hidden.length ? Math.tanh(sum) : sum;
      });
    },
    [...inputs],
  );
}

const one = networkOf(3, 1, 71);
const three = networkOf(4, 3, 72);
const t = { t: [0.3, -1.2] as const };
const tAndPass = { ...t, pass: [7, 3] as const };
/** t in its frame, and the category. */
const seen = (at: Readonly<Record<string, number>>) => [
  (at.t! - 0.5) / 2,
  at.pass === 3 ? 1 : 0,
  at.pass === 7 ? 1 : 0,
];
const frame = { shift: [0.5], scale: [2] };
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

const network = (output: "none" | "sigmoid" | "softplus", expected: (x: number) => number): FunctionSample => ({
  name: `network with output ${output}`,
  form: { kind: "network", of: ["t"], parameters: ["a", "b"], output, network: one },
  parameters: { a: 0.7, b: -0.4 },
  columns: t,
  expected: (at) => dense(one, [at.t!, at.a!, at.b!]).map(expected),
});

export const functionSamples: { readonly [K in FunctionForm["kind"]]: readonly FunctionSample[] } = {
  product: [
    {
      name: "product",
      form: { kind: "product", factors: ["a", "t", 1.5, "b"] },
      parameters: { a: 0.7, b: -0.4 },
      columns: t,
      expected: ({ a, b, t: own }) => [1.5 * a! * b! * own!],
    },
  ],
  sum: [
    {
      name: "sum",
      form: { kind: "sum", summands: ["a", "t", 1.5, "b"] },
      parameters: { a: 0.7, b: -0.4 },
      columns: t,
      expected: ({ a, b, t: own }) => [1.5 + a! + b! + own!],
    },
  ],
  choice: [
    {
      name: "choice",
      form: { kind: "choice", column: "pass", choices: ["a", "b"] },
      parameters: { a: 0.7, b: -0.4 },
      columns: { pass: [7, 3] },
      expected: ({ a, b, pass }) => [pass === 3 ? a! : b!],
    },
  ],
  expression: [
    {
      name: "expression",
      form: { kind: "expression", expression: await parseExpression("a * exp(b * t) - t ^ 2", "a test") },
      parameters: { a: 0.7, b: -0.4 },
      columns: t,
      expected: ({ a, b, t: own }) => [a! * Math.exp(b! * own!) - own! ** 2],
    },
  ],
  "log-normal": [
    {
      name: "log-normal rate",
      form: { kind: "log-normal", kappa: 1.3, parameter: "a" },
      parameters: { a: -0.6 },
      columns: {},
      expected: ({ a }) => [1.3 ** a!],
    },
  ],
  interpolation: [
    ...[-1.7, -0.4, 0.6, 1.8].flatMap((a): FunctionSample[] => [
      {
        name: `interpolation by code 1 at ${a}`,
        form: { kind: "interpolation", code: 1, low: 0.8, high: 1.3, parameter: "a" },
        parameters: { a },
        columns: {},
        expected: ({ a: own }) => [own! > 0 ? 1.3 ** own! : 0.8 ** -own!],
      },
    ]),
    ...[-1.7, 1.8].map(
      (a): FunctionSample => ({
        name: `interpolation by code 4 at ${a}, where it is exponential`,
        form: { kind: "interpolation", code: 4, low: 0.8, high: 1.3, parameter: "a" },
        parameters: { a },
        columns: {},
        expected: ({ a: own }) => [own! > 0 ? 1.3 ** own! : 0.8 ** -own!],
      }),
    ),
  ],
  network: [
    network("none", (x) => x),
    network("sigmoid", sigmoid),
    network("softplus", (x) => Math.log1p(Math.exp(x))),
    {
      name: "network with a softmax, of a column in a frame and a category",
      form: {
        kind: "network",
        of: ["t", "pass"],
        parameters: ["a"],
        frame,
        output: "softmax",
        labels: ["x", "y", "z"],
        network: three,
      },
      parameters: { a: 0.7 },
      columns: tAndPass,
      expected: (at) => {
        const terms = dense(three, [...seen(at), at.a!]).map(Math.exp);
        const sum = terms.reduce((p, q) => p + q);
        return terms.map((term) => term / sum);
      },
    },
  ],
  classifier: [
    {
      name: "classifier",
      form: { kind: "classifier", of: ["t"], parameters: ["a", "b"], network: one },
      parameters: { a: 0.7, b: -0.4 },
      columns: t,
      expected: (at) => dense(one, [at.t!, at.a!, at.b!]).map((x) => sigmoid(x) / (1 - sigmoid(x))),
    },
  ],
};

export const allFunctionSamples = Object.values(functionSamples).flat();
