/**
 * Rewrites part of a tape so that no node mixes static and dynamic parts: what depends on dynamic parameters or columns is
 * dynamic, all else is static.
 *
 * Of a masked network (MADE) the first units see the context alone. Where only the features are dynamic, these units are static
 * up to the last layer, and so is their part of what the others add up. Nodes of which some rows are dynamic become two, and a
 * linear map becomes a static and a dynamic term.
 */

import type { ElementwiseName } from "../tape/elementwise-facts.js";
import { add, broadcast, broadcastEvents, linear, mul, reshape, sub, take } from "../tape/operations.js";
import { type Attributes, type Operation, type Shape, sizeOf, type Tape, type Var } from "../tape/tape.js";
import { elementsAt, splitAxis, spread, withSize } from "./dynamic-elements.js";

/** A node's counterpart on the new tape: one node, or along one axis the positions that are static and those that are dynamic. */
type Image = Whole | Split;

interface Whole {
  readonly node: Var;
  readonly isDynamic: boolean;
}

interface Split {
  readonly axis: number;
  readonly shape: Shape;
  readonly staticPart: Part;
  readonly dynamicPart: Part;
}

interface Part {
  readonly positions: readonly number[];
  /** The shape of the whole, but for the axis. */
  readonly node: Var;
}

const isSplit = (image: Image): image is Split => "axis" in image;
const equalNumbers = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  a.length === b.length && Array.from(a).every((value, i) => value === b[i]);

/** Which elements are dynamic. */
function dynamicElements(image: Image, shape: Shape): Uint8Array {
  const elements = new Uint8Array(sizeOf(shape));
  if (!isSplit(image)) return elements.fill(Number(image.isDynamic));
  for (const element of elementsAt(shape, image.axis, image.dynamicPart.positions)) elements[element] = 1;
  return elements;
}

/** Operations that simplify what the zeros of a part leave to do. */
const simplifying = { add, sub, mul } as const;

class Separation {
  private readonly images = new Map<number, Image>();
  private readonly dynamic = new Map<number, boolean>();

  constructor(
    private readonly target: Tape,
    private readonly isDynamic: (leaf: string) => boolean,
  ) {}

  /** All of a node's image as one node. */
  whole(node: Var): Var {
    return this.joined(this.image(node));
  }

  private joined(image: Image): Var {
    if (!isSplit(image)) return image.node;
    const { axis, shape, staticPart, dynamicPart } = image;
    const padded = ({ node, positions }: Part) => {
      const index = new Int32Array(sizeOf(shape)).fill(-1);
      elementsAt(shape, axis, positions).forEach((element, i) => {
        index[element] = i;
      });
      return this.view(node, (own) => take(own, shape, index));
    };
    return add(padded(staticPart), padded(dynamicPart));
  }

  /** Some positions of an axis, from one part where they are all in it. */
  private restricted(image: Image, axis: number, positions: readonly number[]): Var {
    const select = (node: Var, at: readonly number[]) => {
      const index = elementsAt(node.shape, axis, at);
      return this.view(node, (own) => take(own, withSize(own.shape, axis, at.length), index));
    };
    if (isSplit(image) && image.axis === axis) {
      for (const part of [image.staticPart, image.dynamicPart]) {
        const at = positions.map((position) => part.positions.indexOf(position));
        if (at.every((position) => position >= 0)) return select(part.node, at);
      }
    }
    return select(this.joined(image), positions);
  }

  /**
   * Is the node the same for all events, and static? What is dynamic keeps its events: derivatives may be asked for of each
   * event's own.
   */
  private isShared(node: Var): boolean {
    const { operation, events } = node;
    if (events === undefined || operation.name === "constant") return true;
    return operation.name === "broadcastEvents" && !this.isDynamicNode(node.inputs[0] as Var);
  }

  /** Whether a node of the target without events is dynamic. */
  private isDynamicNode({ id, operation, inputs }: Var): boolean {
    let isDynamic = this.dynamic.get(id);
    if (isDynamic === undefined) {
      const isRoot = operation.name === "parameter" && this.isDynamic(operation.label);
      isDynamic = isRoot || inputs.some((input) => this.isDynamicNode(input));
      this.dynamic.set(id, isDynamic);
    }
    return isDynamic;
  }

  /** A view, once for all events where they share what it is of. */
  private view(node: Var, view: (node: Var) => Var): Var {
    if (node.events === undefined || !this.isShared(node)) return view(node);
    return broadcastEvents(view(shared(node)), node.events);
  }

  private image(node: Var): Image {
    const image = this.images.get(node.id);
    if (image === undefined) throw new Error(`internal: node ${node.id} comes before its input`);
    return image;
  }

  add(node: Var): void {
    this.images.set(node.id, this.imageOf(node));
  }

  private imageOf(node: Var): Image {
    const { operation, inputs, shape } = node;
    if (operation.name === "parameter") {
      return { node: this.target.parameter(operation.label, shape), isDynamic: this.isDynamic(operation.label) };
    }
    if (inputs.length === 0) {
      const isDynamic = operation.name === "column" && this.isDynamic(operation.label);
      return { node: this.target.append(operation, [], shape, this.eventsOf(node)), isDynamic };
    }
    const images = inputs.map((input) => this.image(input));
    const dynamic = spread(
      node,
      images.map((image, i) => dynamicElements(image, inputs[i]!.shape)),
    );
    const isDynamic = dynamic.includes(1);
    if (isDynamic && dynamic.includes(0)) {
      const { axis, staticPositions, dynamicPositions } = splitAxis(dynamic, shape);
      const parts = [staticPositions, dynamicPositions].map(
        (positions) => axis >= 0 && this.part(node, images, axis, positions),
      );
      const [first, second] = parts;
      if (first && second) {
        const staticPart = { positions: staticPositions, node: first };
        return { axis, shape, staticPart, dynamicPart: { positions: dynamicPositions, node: second } };
      }
    }
    const terms = operation.name === "linear" ? this.linearTerms(node, images) : undefined;
    return {
      node:
        terms ??
        this.made(
          node,
          images.map((image) => this.joined(image)),
          shape,
        ),
      isDynamic,
    };
  }

  private eventsOf({ events }: Var) {
    return events && this.target.events(events.name);
  }

  /** The node's operation on other inputs; once for all events where none of them differs from event to event. */
  private made(node: Var, inputs: readonly Var[], shape: Shape, operation: Operation = node.operation): Var {
    const events = this.eventsOf(node);
    if (operation.name === "broadcastEvents") return broadcastEvents(inputs[0]!, events);
    if (events !== undefined && inputs.every((input) => this.isShared(input))) {
      return broadcastEvents(this.made({ ...node, events: undefined }, inputs.map(shared), shape, operation), events);
    }
    const simple = simplifying[operation.name as keyof typeof simplifying];
    if (simple !== undefined) return simple(inputs[0]!, inputs[1]!);
    return this.target.append(operation, inputs, shape, events);
  }

  /** Some positions of a node; undefined where they cannot be computed without the others. */
  private part(node: Var, images: readonly Image[], axis: number, positions: readonly number[]): Var | undefined {
    const { operation, inputs, shape } = node;
    const own = withSize(shape, axis, positions.length);
    const [image] = images as [Image];
    const from = (inputs[0] as Var).shape;
    const ofInput = (at: number) => this.restricted(image, at, positions);
    switch (operation.name) {
      case "broadcastEvents":
        return broadcastEvents(ofInput(axis), this.eventsOf(node));
      case "broadcast":
        return this.view(ofInput(axis - shape.length + from.length), (view) => broadcast(view, own));
      case "reshape":
        return this.reshaped(image, from, elementsAt(shape, axis, positions), own);
      case "take":
        return this.taken(
          image,
          from,
          elementsAt(shape, axis, positions).map((r) => operation.index[r]!),
          own,
          node,
        );
      case "sum":
      case "max":
      case "cumulativeSum":
        return operation.axis === axis ? undefined : this.made(node, [ofInput(axis)], own);
      case "linear":
        return this.linearRows(node, images, positions);
      case "sumEvents":
        return this.made(node, [ofInput(axis)], own);
      case "column":
      case "parameter":
      case "constant":
      case "weightGradient":
        throw new Error(`internal: a ${operation.name} is static or dynamic as a whole`);
      default:
        operation.name satisfies ElementwiseName;
        return this.made(
          node,
          images.map((input) => this.restricted(input, axis, positions)),
          own,
        );
    }
  }

  /** Elements of an input, or 0 where the index is -1. */
  private taken(image: Image, from: Shape, index: Int32Array, shape: Shape, node: Var): Var {
    if (index.every((element) => element < 0)) return this.target.constant(0, shape, this.eventsOf(node));
    if (isSplit(image)) {
      for (const { positions, node: part } of [image.staticPart, image.dynamicPart]) {
        const place = new Map([...elementsAt(from, image.axis, positions)].map((element, i) => [element, i]));
        if (!index.every((element) => element < 0 || place.has(element))) continue;
        const own = index.map((element) => place.get(element) ?? -1);
        return this.view(part, (view) => take(view, shape, own));
      }
    }
    return this.view(this.joined(image), (view) => take(view, shape, index));
  }

  /** All rows of a linear map of an input that is split into its first elements, static, and the others. */
  private linearTerms(node: Var, images: readonly Image[]): Var | undefined {
    const { transposed } = node.operation as unknown as Attributes["linear"];
    const rows = Array.from({ length: node.shape.at(-1)! }, (_, row) => row);
    const [x, matrix] = images as [Image, Image];
    // Parts of weights that change would be taken anew each time, and save nothing: no row of the map is static.
    const isFixed = !isSplit(matrix) && !matrix.isDynamic;
    return transposed || !isSplit(x) || !isFixed ? undefined : this.linearRows(node, images, rows);
  }

  /** Some rows of a linear map: what they take from the static elements of the input, and from the dynamic ones. */
  private linearRows({ operation, inputs }: Var, [image, matrix]: readonly Image[], rows: readonly number[]) {
    const [x, { shape }] = inputs as [Var, Var];
    const columns = x.shape.at(-1)!;
    if (shape.length > 2 || isSplit(matrix!)) return undefined;
    const { prefix } = operation as unknown as Attributes["linear"];
    const lengths = rows.map((row) => prefix?.[row] ?? columns);
    const split = isSplit(image!) && image.axis === x.shape.length - 1 ? image : undefined;
    const nStatic = split?.staticPart.positions.length ?? columns;
    if (split !== undefined && !split.staticPart.positions.every((position, i) => position === i)) return undefined;
    const term = (from: number, to: number): Var | undefined => {
      const own = lengths.map((length) => Math.min(Math.max(length - from, 0), to - from));
      const longest = Math.max(...own);
      if (longest === 0) return undefined;
      const seen = Array.from({ length: longest }, (_, i) => from + i);
      const weights = submatrix(matrix!.node, rows, seen);
      const hasPrefix = own.some((length) => length < longest);
      return this.linearOf(
        this.restricted(image!, x.shape.length - 1, seen),
        weights,
        hasPrefix ? Int32Array.from(own) : undefined,
      );
    };
    const terms = [term(0, nStatic), ...(nStatic < columns ? [term(nStatic, columns)] : [])];
    const present = terms.filter((own) => own !== undefined);
    return present.length === 0 ? undefined : present.reduce((a, b) => add(a, b));
  }

  /** The elements in another shape, where they are one part of the input. */
  private reshaped(image: Image, from: Shape, elements: Int32Array, shape: Shape): Var | undefined {
    if (!isSplit(image)) return undefined;
    const own = [image.staticPart, image.dynamicPart].find(({ positions }) =>
      equalNumbers(elementsAt(from, image.axis, positions), elements),
    );
    return own && this.view(own.node, (node) => reshape(node, shape));
  }

  private linearOf(x: Var, weights: Var, prefix: Int32Array | undefined): Var {
    if (x.events === undefined || !this.isShared(x)) return linear(x, weights, { prefix });
    return broadcastEvents(linear(shared(x), weights, { prefix }), x.events);
  }
}

/** What all events share, without events. */
function shared(node: Var): Var {
  const { operation } = node;
  if (node.events === undefined) return node;
  if (operation.name === "constant" && "value" in operation) return node.tape.constant(operation.value, node.shape);
  return node.inputs[0] as Var;
}

function submatrix(weights: Var, rows: readonly number[], columns: readonly number[]): Var {
  const width = weights.shape[1]!;
  const index = new Int32Array(rows.length * columns.length);
  let at = 0;
  for (const row of rows) for (const column of columns) index[at++] = row * width + column;
  return take(weights, [rows.length, columns.length], index);
}

/**
 * Rewrites nodes to the target tape; gives back the counterpart of each.
 *
 * @param nodes   with all that they need, inputs first
 * @param isDynamic  whether what depends on a parameter or column is dynamic
 */
export function separate(
  nodes: readonly Var[],
  target: Tape,
  isDynamic: (leaf: string) => boolean,
): (node: Var) => Var {
  const separation = new Separation(target, isDynamic);
  for (const node of nodes) separation.add(node);
  return (node) => separation.whole(node);
}
