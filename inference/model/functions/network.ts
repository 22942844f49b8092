/** Dense networks of columns and parameters: an efficiency, a yield, fractions per event, or the ratio that a classifier has learnt. */

import { UsageError } from "../../../engine/errors.js";
import { aNumber, checkOptions, numbers, type Options, oneOf, optional } from "../../../engine/options.js";
import { concatenate, exp, logSumExp, reshape, sigmoid, softplus, sub } from "../../../engine/tape/operations.js";
import type { Tape, Var } from "../../../engine/tape/tape.js";
import { checkLimits } from "../../../flows/architecture/limits.js";
import { checkTensors } from "../../../flows/formats/checked-tensors.js";
import {
  type Activation,
  activations,
  type MaskedNetworkArchitecture,
  maskedNetwork,
  maskedNetworkTensors,
  networkSize,
} from "../../../flows/networks/masked-network.js";
import type { Weights } from "../../../flows/networks/weights.js";
import { checkContext, contextOf, numericColumns } from "../densities/given-columns.js";
import { checkFrame, type FeatureFrame } from "../feature-frame.js";
import { aFrame, aModel, texts, values } from "../language/entry-kinds.js";
import type { Environment, Value } from "../language/environment.js";
import type { FunctionKind } from "./contract.js";

/** A dense network with its weights. */
export interface NetworkModel {
  readonly architecture: {
    /** Numbers that it looks at. */
    readonly inputs: number;
    /** Units of each hidden layer. */
    readonly hidden: readonly number[];
    readonly outputs: number;
    readonly activation: Activation;
  };
  /** `<layer>.weight` [out, in] and `<layer>.bias` [out]. */
  readonly weights: Weights;
}

interface NetworkInputs {
  /** Columns: a categorical one is as many numbers, one-hot, as it has values. */
  readonly of: readonly string[];
  /** Behind the columns: parameters, functions and numbers, as they are. */
  readonly parameters?: readonly Value[];
  /** In which the network sees the columns that are not categorical. */
  readonly frame?: FeatureFrame;
  readonly network: NetworkModel;
}

const inputs: Options<NetworkInputs> = {
  of: texts,
  parameters: optional(values),
  frame: optional(aFrame),
  network: aModel,
};

export interface NetworkForm extends NetworkInputs {
  readonly kind: "network";
  /** `softmax` gives fractions that add up to 1. */
  readonly output: "none" | "sigmoid" | "softplus" | "softmax";
  /** Names of the numbers of a softmax: `name.label` is one of them. */
  readonly labels?: readonly string[];
}

export interface ClassifierForm extends NetworkInputs {
  readonly kind: "classifier";
}

/** A dense network is a masked one that sees everything as context. */
const masked = ({ inputs, hidden, outputs, activation }: NetworkModel["architecture"]): MaskedNetworkArchitecture => ({
  features: 1,
  context: inputs,
  hidden: hidden.map((width) => [width]),
  outputs,
  activation,
});

/** Every tensor of a network, with where it starts. */
export const networkTensors = (architecture: NetworkModel["architecture"]) =>
  maskedNetworkTensors(masked(architecture), false);

export interface BoundNetwork {
  /** By the names of `networkTensors`. */
  readonly parameters: ReadonlyMap<string, Var>;
  /** What the last layer gives [..., outputs] of inputs [..., inputs]. */
  evaluate(inputs: Var): Var;
}

/** @param prefix  of the names of its parameters */
export function bindNetwork(tape: Tape, architecture: NetworkModel["architecture"], prefix: string): BoundNetwork {
  const specs = networkTensors(architecture);
  const parameters = new Map(specs.map((own) => [own.name, tape.parameter(`${prefix}.${own.name}`, own.shape)]));
  const network = maskedNetwork(masked(architecture), (tensor) => parameters.get(tensor) as Var);
  return {
    parameters,
    evaluate(inputs) {
      const output = network.evaluate(inputs, inputs);
      return reshape(output, [...output.shape.slice(0, -2), architecture.outputs]);
    },
  };
}

const architectureOptions: Options<NetworkModel["architecture"]> = {
  inputs: aNumber,
  hidden: numbers,
  outputs: aNumber,
  activation: oneOf(...Object.keys(activations)),
};

function checkInputs(
  where: string,
  { of, parameters = [], frame, network }: NetworkInputs,
  outputs: number,
  classes: (column: string) => readonly number[] | undefined,
): void {
  const { architecture, weights } = network;
  checkOptions(where, architecture, architectureOptions);
  const { inputs, hidden } = architecture;
  const isCount = (value: number) => Number.isInteger(value) && value >= 1;
  if (![inputs, ...hidden].every(isCount)) {
    throw new UsageError(where, { expected: "positive whole numbers of units", got: [inputs, ...hidden].join(", ") });
  }
  checkLimits(where, { context: inputs, hiddenLayers: hidden.length, units: Math.max(outputs, ...hidden) });
  checkLimits(where, { weights: networkSize(masked(architecture)) });
  if (architecture.outputs !== outputs) {
    throw new UsageError(where, { expected: `a network of ${outputs} outputs`, got: `${architecture.outputs}` });
  }
  checkContext(where, of, classes, inputs - parameters.length);
  if (frame !== undefined) checkFrame(`${where}, frame`, frame, numericColumns(of, classes).length);
  checkTensors(where, "network", networkTensors(architecture), weights);
}

/** What the last layer gives [..., outputs]. */
function outputOf(at: Environment, name: string, { of, parameters = [], frame, network }: NetworkInputs): Var {
  const { architecture } = network;
  const bound = at.weights(`functions.${name}.network`, (prefix) => bindNetwork(at.tape, architecture, prefix));
  const columns = contextOf(at, of, frame);
  const values = parameters.map((value) => {
    const own = at.value(value);
    return reshape(own, [...own.shape, 1]);
  });
  return bound.evaluate(concatenate([...(columns ? [columns] : []), ...values]));
}

const single = (output: Var) => reshape(output, output.shape.slice(0, -1));

export const networkFunction: FunctionKind<NetworkForm> = {
  doc: "a dense network of columns and parameters",
  entries: {
    kind: oneOf("network"),
    ...inputs,
    output: oneOf("none", "sigmoid", "softplus", "softmax"),
    labels: optional(texts),
  },
  values: ({ of, parameters = [] }) => [...of, ...parameters],
  labels: ({ labels }) => labels,
  check(form, where, classes) {
    const { output, labels } = form;
    const isSoftmax = output === "softmax";
    if (isSoftmax !== (labels !== undefined) || (labels !== undefined && labels.length < 2)) {
      throw new UsageError(where, {
        expected: "labels for the two or more numbers of a softmax, and for no other output",
        got: `${output} with ${labels === undefined ? "none" : `labels ${labels.join(", ")}`}`,
      });
    }
    checkInputs(where, form, labels?.length ?? 1, classes);
  },
  bind(form, at, name) {
    const output = outputOf(at, name, form);
    switch (form.output) {
      case "none":
        return single(output);
      case "sigmoid":
        return single(sigmoid(output));
      case "softplus":
        return single(softplus(output));
      case "softmax":
        return exp(sub(output, logSumExp(output, -1)));
    }
  },
};

export const classifierFunction: FunctionKind<ClassifierForm> = {
  doc: "c / (1 - c), c the sigmoid output of a network: the ratio of the densities that it was trained to tell apart",
  entries: { kind: oneOf("classifier"), ...inputs },
  values: ({ of, parameters = [] }) => [...of, ...parameters],
  check: (form, where, classes) => checkInputs(where, form, 1, classes),
  bind: (form, at, name) => exp(single(outputOf(at, name, form))),
};
