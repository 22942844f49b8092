/** Derivatives of a scalar: nodes of the same tape, written in the same operations. */

import { UsageError } from "../errors.js";
import { checkNode } from "../tape/nodes.js";
import { add, reshape, take } from "../tape/operations.js";
import { sizeOf, type Var } from "../tape/tape.js";
import { hessianThroughBottlenecks } from "./hessian.js";
import { hessianByEntries } from "./hessian-by-entries.js";
import { backward } from "./vjp.js";

/**
 * Gradient of a scalar without events with respect to nodes of the same tape, appended to that tape.
 *
 * A node without influence on the loss gets a constant 0. The gradient of a gradient is nothing special.
 *
 * @returns one node per entry of `wrt`, each of its shape and event set
 */
export function gradient(loss: Var, wrt: readonly Var[]): Var[] {
  checkNode("gradient", loss, "a node for the loss");
  if (!Array.isArray(wrt)) {
    throw new UsageError("gradient", { expected: "a list of nodes", got: "one", hint: "Write gradient(loss, [node])" });
  }
  for (const node of wrt) checkNode("gradient", node, "a list of nodes");
  if (sizeOf(loss.shape) !== 1 || loss.events !== undefined) {
    throw new UsageError("gradient", {
      expected: "a scalar without events",
      got: `[${loss.shape}]${loss.events === undefined ? "" : ` over "${loss.events.name}"`}`,
      hint: "Sum over events and feature axes first",
    });
  }
  const { tape } = loss;
  if (wrt.some((node) => node.tape !== tape)) {
    throw new UsageError("gradient", { expected: "nodes of the tape of the loss", got: "nodes of another tape" });
  }
  const cotangents = backward(loss, wrt, (_node, cotangent) => cotangent);
  return wrt.map((node) => cotangents.get(node.id) ?? tape.constant(0, node.shape, node.events));
}

/** Hessian with respect to one parameter of K elements, [K, K]: K backward passes through the gradient. */
export function hessianByDirections(loss: Var, parameter: Var): Var {
  const size = sizeOf(parameter.shape);
  const [g] = gradient(loss, [parameter]) as [Var];
  const flat = reshape(g, [size]);
  let rows: Var | undefined;
  for (let k = 0; k < size; k++) {
    const component = reshape(take(flat, [1], Int32Array.of(k)), []);
    const [row] = gradient(component, [parameter]) as [Var];
    const index = new Int32Array(size * size).fill(-1);
    for (let l = 0; l < size; l++) index[k * size + l] = l;
    const placed = take(reshape(row, [size]), [size, size], index);
    rows = rows === undefined ? placed : add(rows, placed);
  }
  return rows as Var;
}

/**
 * Hessian of a scalar without events with respect to one parameter of K elements, as a node of shape [K, K].
 *
 * Where the loss is a sum over events of a function of few numbers without linear maps, see `hessianByEntries`. Elsewhere, where all of
 * the parameter's influence on an event passes through a few numbers, the work grows as K, beside K² multiplications
 * and additions per event: see `hessianThroughBottlenecks`. Elsewhere it takes K backward passes through the gradient.
 */
export function hessian(loss: Var, parameter: Var): Var {
  checkNode("hessian", loss, "a node for the loss");
  checkNode("hessian", parameter, "one parameter", "Put the parameters into one of all their elements, and slice it");
  return (
    hessianByEntries(loss, parameter) ??
    hessianThroughBottlenecks(loss, parameter) ??
    hessianByDirections(loss, parameter)
  );
}
