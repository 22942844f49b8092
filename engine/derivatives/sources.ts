/**
 * Which of some numbered sources each row of a node may depend on, and which of some numbered targets may depend on it: the pattern
 * of zeros of derivatives.
 */

import { broadcastIndex } from "../tape/broadcast-index.js";
import { type ElementwiseName, factsOf, isElementwise } from "../tape/elementwise-facts.js";
import { type Shape, type StructuralName, sizeOf, type Var } from "../tape/tape.js";

/** Set of sources (or of targets) per row, by its number in a `SourceSets`; `undefined` where no row has any. */
export type RowSources = Int32Array | undefined;

/** Sets of sources, each known by a number, so that sets are compared and united by number. The empty set is 0. */
export class SourceSets {
  private readonly sets: (readonly number[])[] = [[]];
  private readonly byMembers = new Map<string, number>([["", 0]]);
  private readonly unions = new Map<string, number>();

  of(members: readonly number[]): number {
    const key = members.join();
    const known = this.byMembers.get(key);
    if (known !== undefined) return known;
    this.byMembers.set(key, this.sets.length);
    this.sets.push(members);
    return this.sets.length - 1;
  }

  /** In increasing order. */
  members(set: number): readonly number[] {
    return this.sets[set] as readonly number[];
  }

  union(a: number, b: number): number {
    if (a === b || b === 0) return a;
    if (a === 0) return b;
    const key = a < b ? `${a},${b}` : `${b},${a}`;
    let union = this.unions.get(key);
    if (union === undefined) {
      const all = new Set([...this.members(a), ...this.members(b)]);
      union = this.of([...all].sort((p, q) => p - q));
      this.unions.set(key, union);
    }
    return union;
  }
}

/** The inputs through which derivatives pass. */
export function smoothInputs({ operation, inputs }: Var): readonly Var[] {
  if (!isElementwise(operation.name)) return inputs;
  const { slopes } = factsOf(operation.name);
  return slopes.includes("none") ? inputs.filter((_, i) => slopes[i] !== "none") : inputs;
}

/** The nodes and all that they are made of by way of these inputs, inputs first. */
export function ancestors(nodes: readonly Var[], inputsOf: (node: Var) => readonly Var[]): Var[] {
  const found = new Set<Var>();
  const stack = [...nodes];
  while (stack.length > 0) {
    const node = stack.pop() as Var;
    if (found.has(node)) continue;
    found.add(node);
    stack.push(...inputsOf(node));
  }
  return [...found].sort((a, b) => a.id - b.id);
}

const picked = (rows: Int32Array, index: Int32Array) => index.map((row) => (row < 0 ? 0 : (rows[row] as number)));

/** Sources of a node's rows, given those of `smoothInputs`. */
export function rowSources(node: Var, inputs: readonly RowSources[], sets: SourceSets): RowSources {
  if (inputs.every((rows) => rows === undefined)) return undefined;
  const found = combined(node, inputs, sets);
  return found.some((set) => set !== 0) ? found : undefined;
}

/** The same, where one of the inputs has some. */
function combined(node: Var, inputs: readonly RowSources[], sets: SourceSets): Int32Array {
  const { operation, shape } = node;
  // Of operations of one input.
  const rows = inputs[0] as Int32Array;
  switch (operation.name) {
    case "broadcastEvents":
    case "reshape":
    case "sumEvents":
      return rows;
    case "broadcast":
      return picked(rows, broadcastIndex((node.inputs[0] as Var).shape, shape));
    case "take":
      return picked(rows, operation.index);
    case "sum":
    case "max": {
      const input = (node.inputs[0] as Var).shape;
      return overAxis(rows, input[operation.axis] as number, sizeOf(input.slice(operation.axis + 1)), sets);
    }
    case "cumulativeSum":
      return running(rows, node, sets);
    case "linear":
      return inputs[1] === undefined ? mapped(rows, node, sets) : all(node, inputs, sets);
    case "weightGradient":
      return all(node, inputs, sets);
    case "column":
    case "parameter":
    case "constant":
      return withoutInputs(operation.name);
    default:
      operation.name satisfies ElementwiseName;
      return rowByRow(shape, inputs, sets);
  }
}

/** Targets that a node's rows have, passed on to the rows of one of its inputs. */
export function rowTargets(node: Var, input: Var, rows: Int32Array, sets: SourceSets): Int32Array {
  const { operation, inputs } = node;
  switch (operation.name) {
    case "broadcast":
      return given(rows, broadcastIndex(input.shape, node.shape), input, sets);
    case "take":
      return given(rows, operation.index, input, sets);
    case "sum":
    case "max":
      return picked(rows, broadcastIndex(node.shape, input.shape));
    case "linear":
      return input === inputs[0] && input !== inputs[1] ? mapped(rows, node, sets, true) : all(input, [rows], sets);
    case "cumulativeSum":
    case "weightGradient":
      return all(input, [rows], sets);
    case "reshape":
    case "broadcastEvents":
    case "sumEvents":
      return rows;
    case "column":
    case "parameter":
    case "constant":
      return withoutInputs(operation.name);
    default:
      operation.name satisfies ElementwiseName;
      return rows;
  }
}

function withoutInputs(name: StructuralName): never {
  throw new Error(`internal: a ${name} depends on nothing`);
}

/** The rows from which a node's rows were picked. */
function given(rows: Int32Array, index: Int32Array, { shape }: Var, sets: SourceSets): Int32Array {
  const result = new Int32Array(sizeOf(shape));
  for (const [r, from] of index.entries()) {
    if (from >= 0) result[from] = sets.union(result[from] as number, rows[r] as number);
  }
  return result;
}

/** Inputs of one shape. */
function rowByRow(shape: Shape, inputs: readonly RowSources[], sets: SourceSets): Int32Array {
  const result = new Int32Array(sizeOf(shape));
  for (const rows of inputs) {
    for (const [r, set] of rows?.entries() ?? []) result[r] = sets.union(result[r] as number, set);
  }
  return result;
}

/** Every row from every row: more than there may be, never less. */
function all(node: Var, inputs: readonly RowSources[], sets: SourceSets): Int32Array {
  let union = 0;
  for (const rows of inputs) for (const set of rows ?? []) union = sets.union(union, set);
  return new Int32Array(sizeOf(node.shape)).fill(union);
}

function overAxis(rows: Int32Array, size: number, post: number, sets: SourceSets): Int32Array {
  const result = new Int32Array(rows.length / size);
  rows.forEach((set, r) => {
    const to = Math.floor(r / (size * post)) * post + (r % post);
    result[to] = sets.union(result[to] as number, set);
  });
  return result;
}

function running(rows: Int32Array, { operation, shape }: Var, sets: SourceSets): Int32Array {
  if (operation.name !== "cumulativeSum") throw new Error("internal: not a running sum");
  const { axis, exclusive, reverse } = operation;
  const size = shape[axis] as number;
  const post = sizeOf(shape.slice(axis + 1));
  const result = new Int32Array(rows.length);
  for (let r = 0; r < rows.length; r += r % post === post - 1 ? (size - 1) * post + 1 : 1) {
    let union = 0;
    for (let step = 0; step < size; step++) {
      const at = r + (reverse ? size - 1 - step : step) * post;
      const after = sets.union(union, rows[at] as number);
      result[at] = exclusive ? union : after;
      union = after;
    }
  }
  return result;
}

/** A linear map of the last axis by fixed weights, whose rows see a prefix of the inputs; `isBack` from its results to its inputs. */
function mapped(rows: Int32Array, { operation, inputs }: Var, sets: SourceSets, isBack = false): Int32Array {
  if (operation.name !== "linear") throw new Error("internal: not a linear map");
  const { prefix } = operation;
  const transposed = operation.transposed !== isBack;
  const [outputs, columns] = (inputs[1] as Var).shape.slice(-2) as [number, number];
  const [size, made] = transposed ? [outputs, columns] : [columns, outputs];
  const result = new Int32Array((rows.length / size) * made);
  for (let batch = 0; batch * size < rows.length; batch++) {
    const own = rows.subarray(batch * size, (batch + 1) * size);
    const to = result.subarray(batch * made, (batch + 1) * made);
    if (transposed) {
      // Row o reaches the first prefix[o] columns: unions from the longest prefix down.
      own.forEach((set, o) => {
        const last = (prefix === undefined ? columns : (prefix[o] as number)) - 1;
        if (last >= 0) to[last] = sets.union(to[last] as number, set);
      });
      for (let i = made - 2; i >= 0; i--) to[i] = sets.union(to[i] as number, to[i + 1] as number);
    } else {
      const upTo = new Int32Array(size + 1);
      for (const [i, set] of own.entries()) upTo[i + 1] = sets.union(upTo[i] as number, set);
      for (let o = 0; o < made; o++) to[o] = upTo[prefix === undefined ? size : (prefix[o] as number)] as number;
    }
  }
  return result;
}
