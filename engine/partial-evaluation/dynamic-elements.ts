/** Which elements of a node depend on dynamic parameters or columns. */
import { broadcastIndex } from "../tape/broadcast-index.js";
import type { ElementwiseName } from "../tape/elementwise-facts.js";
import { type Shape, sizeOf, type Var } from "../tape/tape.js";

export const withSize = (shape: Shape, axis: number, size: number) =>
  shape.map((old, at) => (at === axis ? size : old));

/** Position along an axis of each element. */
function positionsAlong(shape: Shape, axis: number): Int32Array {
  const [size, inner] = [shape[axis]!, sizeOf(shape.slice(axis + 1))];
  return Int32Array.from({ length: sizeOf(shape) }, (_, element) => Math.floor(element / inner) % size);
}

/** Flat indices of the elements at some positions of an axis, in order. */
export function elementsAt(shape: Shape, axis: number, positions: readonly number[]): Int32Array {
  const isAmong = new Uint8Array(shape[axis]!);
  for (const position of positions) isAmong[position] = 1;
  const elements: number[] = [];
  positionsAlong(shape, axis).forEach((position, element) => {
    if (isAmong[position] === 1) elements.push(element);
  });
  return Int32Array.from(elements);
}

/** Which elements of a node are dynamic, given those of its inputs. */
export function spread({ operation, inputs, shape }: Var, from: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(sizeOf(shape));
  const [x] = from as [Uint8Array];
  const own = (inputs[0] as Var).shape;
  const all = () => result.fill(Number(from.some((elements) => elements.includes(1))));
  switch (operation.name) {
    case "reshape":
    case "broadcastEvents":
      return x;
    case "broadcast":
      return Uint8Array.from(broadcastIndex(own, shape), (r) => x[r]!);
    case "take":
      return result.map((_, r) => (operation.index[r]! < 0 ? 0 : x[operation.index[r]!]!));
    case "sum":
    case "max":
    case "cumulativeSum": {
      const lines = withSize(own, operation.axis, 1);
      const toLine = broadcastIndex(lines, own);
      const isDynamic = new Uint8Array(sizeOf(lines));
      x.forEach((value, r) => {
        isDynamic[toLine[r]!]! |= value;
      });
      return operation.name === "cumulativeSum" ? result.map((_, r) => isDynamic[toLine[r]!]!) : isDynamic;
    }
    case "linear": {
      if (operation.transposed || from[1]!.includes(1)) return all();
      const [rows, columns] = [shape.at(-1)!, own.at(-1)!];
      return result.map((_, r) => {
        const start = Math.floor(r / rows) * columns;
        return Number(x.subarray(start, start + (operation.prefix?.[r % rows] ?? columns)).includes(1));
      });
    }
    case "weightGradient":
      return all();
    case "sumEvents":
      return x;
    case "column":
    case "parameter":
    case "constant":
      throw new Error(`internal: a ${operation.name} has no inputs`);
    default:
      operation.name satisfies ElementwiseName;
      return result.map((_, r) => Number(from.some((elements) => elements[r] === 1)));
  }
}

interface SplitAxis {
  /** -1 where there is none. */
  readonly axis: number;
  readonly staticPositions: readonly number[];
  readonly dynamicPositions: readonly number[];
}

/** The axis along which, and nowhere else, some elements are dynamic and others are not. */
export function splitAxis(dynamic: Uint8Array, shape: Shape): SplitAxis {
  for (const [axis, size] of shape.entries()) {
    const at = new Uint8Array(size);
    const along = positionsAlong(shape, axis);
    dynamic.forEach((value, element) => {
      at[along[element]!]! |= value;
    });
    if (!dynamic.every((value, element) => value === at[along[element]!])) continue;
    const positions = [...at.keys()];
    return {
      axis,
      staticPositions: positions.filter((position) => at[position] === 0),
      dynamicPositions: positions.filter((position) => at[position] === 1),
    };
  }
  return { axis: -1, staticPositions: [], dynamicPositions: [] };
}
