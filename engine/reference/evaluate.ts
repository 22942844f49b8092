/** The definition of every operation: plain loops in f64 over `[...shape, events]` arrays. */
import { broadcastIndex } from "../tape/broadcast-index.js";
import { type ElementwiseName, factsOf, isElementwise } from "../tape/elementwise-facts.js";
import { type Attributes, type Shape, type StructuralName, sizeOf, type Var } from "../tape/tape.js";

/** A node's evaluation on a block of `n` events (1 for nodes without events). */
interface Block {
  readonly node: Var;
  readonly inputs: readonly Float64Array[];
  readonly n: number;
}

/** Element counts before, on and after an axis. */
function around(shape: Shape, axis: number): { outer: number; size: number; inner: number } {
  return { outer: sizeOf(shape.slice(0, axis)), size: shape[axis] as number, inner: sizeOf(shape.slice(axis + 1)) };
}

function rowsByIndex({ inputs: [x], n }: Block, index: Int32Array): Float64Array {
  const result = new Float64Array(index.length * n);
  index.forEach((from, r) => {
    if (from >= 0) result.set((x as Float64Array).subarray(from * n, (from + 1) * n), r * n);
  });
  return result;
}

function elementwise({ node, inputs, n }: Block, name: ElementwiseName): Float64Array {
  const form = factsOf(name).f64;
  const [a, b, c] = inputs as [Float64Array, Float64Array, Float64Array];
  const result = new Float64Array(sizeOf(node.shape) * n);
  if (inputs.length === 1) for (let i = 0; i < result.length; i++) result[i] = form(a[i] as number, 0, 0);
  else if (inputs.length === 2) {
    for (let i = 0; i < result.length; i++) result[i] = form(a[i] as number, b[i] as number, 0);
  } else for (let i = 0; i < result.length; i++) result[i] = form(a[i] as number, b[i] as number, c[i] as number);
  return result;
}

function reduce({ node, inputs: [x], n }: Block, axis: number, start: number, form: (a: number, b: number) => number) {
  const { outer, size, inner } = around((node.inputs[0] as Var).shape, axis);
  const result = new Float64Array(outer * inner * n).fill(start);
  const width = inner * n;
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < size; j++) {
      for (let i = 0; i < width; i++) {
        const at = o * width + i;
        result[at] = form(result[at] as number, (x as Float64Array)[(o * size + j) * width + i] as number);
      }
    }
  }
  return result;
}

function cumulate({ node, inputs: [x], n }: Block, { axis, exclusive, reverse }: Attributes["cumulativeSum"]) {
  const { outer, size, inner } = around(node.shape, axis);
  const width = inner * n;
  const result = new Float64Array(outer * size * width);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < width; i++) {
      let running = 0;
      for (let step = 0; step < size; step++) {
        const at = (o * size + (reverse ? size - 1 - step : step)) * width + i;
        const value = (x as Float64Array)[at] as number;
        result[at] = exclusive ? running : running + value;
        running += value;
      }
    }
  }
  return result;
}

function linear({ node, inputs, n }: Block, { transposed, prefix }: Attributes["linear"]): Float64Array {
  const [x, weights] = inputs as [Float64Array, Float64Array];
  const weightShape = (node.inputs[1] as Var).shape;
  const [out, size] = weightShape.slice(-2) as [number, number];
  const batches = sizeOf(node.shape.slice(0, -1));
  const [rowsX, rowsY] = transposed ? [out, size] : [size, out];
  const result = new Float64Array(batches * rowsY * n);
  for (let batch = 0; batch < batches; batch++) {
    const weightStart = weightShape.length > 2 ? batch * out * size : 0;
    for (let o = 0; o < out; o++) {
      const length = prefix?.[o] ?? size;
      for (let i = 0; i < length; i++) {
        const w = weights[weightStart + o * size + i] as number;
        const from = (batch * rowsX + (transposed ? o : i)) * n;
        const to = (batch * rowsY + (transposed ? i : o)) * n;
        for (let e = 0; e < n; e++) result[to + e] = (result[to + e] as number) + w * (x[from + e] as number);
      }
    }
  }
  return result;
}

function weightGradient({ node, inputs, n }: Block, { prefix, batched }: Attributes["weightGradient"]): Float64Array {
  const [g, x] = inputs as [Float64Array, Float64Array];
  const [out, size] = node.shape.slice(-2) as [number, number];
  const batches = sizeOf((node.inputs[0] as Var).shape.slice(0, -1));
  const result = new Float64Array(sizeOf(node.shape));
  for (let batch = 0; batch < batches; batch++) {
    const start = batched ? batch * out * size : 0;
    for (let o = 0; o < out; o++) {
      const length = prefix?.[o] ?? size;
      for (let i = 0; i < length; i++) {
        let total = 0;
        for (let e = 0; e < n; e++) {
          total += (g[(batch * out + o) * n + e] as number) * (x[(batch * size + i) * n + e] as number);
        }
        result[start + o * size + i] = (result[start + o * size + i] as number) + total;
      }
    }
  }
  return result;
}

function constant({ node, n }: Block): Float64Array {
  const attributes = node.operation as unknown as Attributes["constant"];
  if ("values" in attributes) return attributes.values;
  return new Float64Array(sizeOf(node.shape) * n).fill(attributes.value);
}

function leaf({ node }: Block): Float64Array {
  throw new Error(`internal: a ${node.operation.name} has a value, not an evaluation`);
}

type Evaluation<A> = (block: Block, attributes: A) => Float64Array;

const evaluations: { readonly [N in StructuralName]: Evaluation<Attributes[N]> } = {
  column: leaf,
  parameter: leaf,
  constant,
  broadcast: (block) => rowsByIndex(block, broadcastIndex((block.node.inputs[0] as Var).shape, block.node.shape)),
  broadcastEvents: ({ inputs: [x], n }) => {
    const result = new Float64Array((x as Float64Array).length * n);
    (x as Float64Array).forEach((value, r) => {
      result.fill(value, r * n, (r + 1) * n);
    });
    return result;
  },
  reshape: ({ inputs: [x] }) => x as Float64Array,
  take: (block, { index }) => rowsByIndex(block, index),
  sum: (block, { axis }) => reduce(block, axis, 0, (a, b) => a + b),
  max: (block, { axis }) => reduce(block, axis, Number.NEGATIVE_INFINITY, Math.max),
  cumulativeSum: cumulate,
  linear,
  weightGradient,
  sumEvents: ({ inputs: [x], n, node }) =>
    Float64Array.from({ length: sizeOf(node.shape) }, (_, r) => {
      let total = 0;
      for (let e = r * n; e < (r + 1) * n; e++) total += (x as Float64Array)[e] as number;
      return total;
    }),
};

/** The value of a node, given those of its inputs, on `n` events: `[...shape, n]`, or `[...shape]` without events. */
export function evaluate(node: Var, inputs: readonly Float64Array[], n: number): Float64Array {
  const block = { node, inputs, n };
  const { operation } = node;
  if (isElementwise(operation.name)) return elementwise(block, operation.name);
  const evaluation = evaluations[operation.name] as Evaluation<unknown>;
  return evaluation(block, operation);
}
