/**
 * The Hessian of a sum over events of a function of few numbers that parameters give to the events, such as means and widths.
 *
 * With L(ν) = Σ_e ℓ_e(p(ν)), p the numbers that come to the events (entries),
 *
 *     d²L/dν² = Jᵀ (Σ_e ∂²ℓ_e/∂p²) J + Σ_b λ_b d²p_b/dν²,   J = dp/dν,   λ = Σ_e ∂ℓ_e/∂p.
 *
 * Each row of the matrix in the middle is a pass back through one entry's gradient, whose cotangent is 1 for every event, and only to the
 * entries from its own on: what two entries have nothing to do with each other is no work. All else looks at no event.
 */

import { uniformValue } from "../tape/operations/operands.js";
import { add, mul, reshape, stopGradient, sumEvents, sumTo } from "../tape/operations.js";
import { sizeOf, type Var } from "../tape/tape.js";
import { type Scattered, scatter } from "./scatter.js";
import { backward } from "./vjp.js";

/** Rows of per-event nodes: beyond, passes through bottlenecks or by directions share more. */
const MOST_ROWS = 64;

/** Entries for each element of the parameter at most: their number takes the place of its own. */
const MOST_ENTRIES = 4;

const isZero = (node: Var) => uniformValue(node) === 0;
const isSum = ({ events, inputs }: Var) => events === undefined && inputs.some((input) => input.events !== undefined);

/** Nodes that depend on the parameter, inputs first, among those that the loss needs. */
function dependents(loss: Var, parameter: Var): Var[] {
  const needed = new Set<Var>([loss]);
  for (let id = loss.id; id >= 0; id--) {
    const node = loss.tape.nodes[id] as Var;
    if (needed.has(node)) for (const input of node.inputs) needed.add(input);
  }
  const found = new Set<Var>();
  for (const node of loss.tape.nodes.slice(0, loss.id + 1)) {
    if (needed.has(node) && (node === parameter || node.inputs.some((input) => found.has(input)))) found.add(node);
  }
  return [...found];
}

/** The one number that comes to all rows of every event. */
function numberOf({ inputs: [input] }: Var): Var | undefined {
  if (sizeOf(input!.shape) === 1) return input;
  const { operation, inputs } = input!;
  return operation.name === "broadcast" && sizeOf(inputs[0]!.shape) === 1 ? inputs[0] : undefined;
}

interface Parts {
  /** By element of the parameter, the nodes that take it out. */
  readonly elements: readonly (readonly Var[])[];
  /** Where numbers come to the events. */
  readonly entries: readonly Var[];
}

/** `undefined` where the loss is no such sum. */
function partsOf(loss: Var, parameter: Var): Parts | undefined {
  const nodes = dependents(loss, parameter);
  const elements: Var[][] = Array.from({ length: sizeOf(parameter.shape) }, () => []);
  const entries: Var[] = [];
  /** Nodes that hold the loss, or a part of it, beyond the sums over events. */
  const beyond = new Set<Var>();
  for (const node of nodes.slice(1)) {
    const { operation, inputs, shape, events } = node;
    const size = sizeOf(shape);
    if (inputs.includes(parameter)) {
      if (operation.name !== "take" || size !== 1 || events !== undefined) return undefined;
      elements[operation.index[0] as number]?.push(node);
    } else if (operation.name === "broadcastEvents") {
      if (numberOf(node) === undefined) return undefined;
      entries.push(node);
    } else if (events !== undefined) {
      const isMap = operation.name === "linear" || operation.name === "weightGradient";
      if (isMap || size > MOST_ROWS) return undefined;
    } else if (isSum(node)) {
      if (operation.name !== "sumEvents") return undefined;
      beyond.add(node);
    } else if (inputs.some((input) => beyond.has(input))) {
      // Sums are added up, and not looked at any further: else events meet in second derivatives.
      const isLinear = ["add", "sub", "neg", "reshape", "sum"].includes(operation.name);
      const others = inputs.filter((input) => !beyond.has(input));
      const isScaled = operation.name === "mul" && others.length === 1;
      if (!(isLinear || isScaled) || others.some((input) => nodes.includes(input))) return undefined;
      beyond.add(node);
    }
  }
  return beyond.has(loss) && entries.length <= MOST_ENTRIES * elements.length ? { elements, entries } : undefined;
}

const scalar = (node: Var) => reshape(node, []);

/** Derivatives of a scalar without events in several nodes, 0 where it has none; all [] */
function slopes(of: Var, nodes: readonly Var[]): Var[] {
  const cotangents = backward(of, nodes, (_node, cotangent) => cotangent);
  return nodes.map((node) => {
    const own = cotangents.get(node.id);
    return own === undefined ? of.tape.constant(0, []) : scalar(own);
  });
}

const sumOf = (terms: readonly Var[], nothing: Var) => terms.reduce((a, b) => add(a, b), nothing);

/** Hessian of a scalar in a parameter of K elements, [K, K]; `undefined` where the loss is no sum over events of a function of few numbers. */
export function hessianByEntries(loss: Var, parameter: Var): Var | undefined {
  const parts = partsOf(loss, parameter);
  if (parts === undefined) return undefined;
  const { tape } = loss;
  const size = parts.elements.length;
  const nothing = tape.constant(0, []);
  const ofLoss = backward(loss, parts.entries, (_node, cotangent) => cotangent);
  const entries = parts.entries.filter((entry) => ofLoss.has(entry.id));
  const gradients = entries.map((entry) => ofLoss.get(entry.id) as Var);
  const numbers = entries.map((entry) => scalar(numberOf(entry) as Var));

  /** Derivative in each element: the sum over the nodes that take it out. */
  const inElements = (of: Var, from = 0) => {
    const own = parts.elements.slice(from);
    const all = slopes(of, own.flat());
    return own.map((nodes) => sumOf(all.splice(0, nodes.length), nothing));
  };
  const jacobian = numbers.map((number) => inElements(number));

  /** Σ_e ∂²ℓ/∂p_b ∂p_c for c from b on. */
  const second = gradients.map((gradient, b) => {
    const others = entries.slice(b);
    const found = backward(sumTo(sumEvents(gradient), []), others, (_node, cotangent) => cotangent);
    return others.map(({ id }) => {
      const own = found.get(id);
      return own === undefined ? nothing : sumTo(sumEvents(own), []);
    });
  });
  const between = (b: number, c: number) => (b <= c ? second[b]![c - b]! : second[c]![b - c]!);

  const weighted = numbers.map((number, b) => mul(stopGradient(sumTo(sumEvents(gradients[b]!), [])), number));
  const bent = inElements(sumOf(weighted, nothing)).map((slope, k) => inElements(slope, k));

  const cells: Scattered[] = [];
  const along = (b: number, l: number) =>
    sumOf(
      jacobian.map((own, c) => mul(between(b, c), own[l]!)),
      nothing,
    );
  for (let k = 0; k < size; k++) {
    for (let l = k; l < size; l++) {
      const terms = jacobian.map((own, b) => (isZero(own[k]!) ? nothing : mul(own[k]!, along(b, l))));
      const value = sumOf([...terms, bent[k]![l - k]!], nothing);
      if (isZero(value)) continue;
      cells.push({ value, places: [k * size + l] });
      if (k !== l) cells.push({ value, places: [l * size + k] });
    }
  }
  const matrix = scatter(cells, size ** 2);
  return matrix === undefined ? tape.constant(0, [size, size]) : reshape(matrix, [size, size]);
}
