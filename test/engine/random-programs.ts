/**
 * Programs made of numbers that fast-check draws and shrinks: every gene appends one operation to a tape, on nodes it
 * picks by position. Values are kept of order one, so that rounding, not conditioning, is what backends differ by.
 */
import fc from "fast-check";
import { gradient } from "../../engine/derivatives/gradient.js";
import * as o from "../../engine/tape/operations.js";
import { type Shape, sizeOf, Tape, type Var } from "../../engine/tape/tape.js";
import { randomNumbers } from "../support/random-numbers.js";

/** What to append, the nodes to take (counted from the newest), and two numbers that choose among variants. */
export type Gene = readonly [operation: number, a: number, b: number, variant: number, detail: number];

export interface Genome {
  readonly genes: readonly Gene[];
  readonly seed: number;
  /** Whether kinks and comparisons may take computed numbers: then f32 may fall on the other side of one. */
  readonly anyKinks: boolean;
}

export interface RandomProgram {
  readonly outputs: Record<string, Var>;
  readonly parameters: Record<string, Float64Array>;
  columns(events: number): Record<string, Float64Array>;
}

const small = fc.nat({ max: 11 });

export const genomes: fc.Arbitrary<Genome> = fc.record({
  genes: fc.array(fc.tuple(fc.nat({ max: 1000 }), small, small, fc.nat({ max: 1000 }), fc.nat({ max: 1000 })), {
    minLength: 3,
    maxLength: 22,
    size: "max",
  }),
  seed: fc.nat({ max: 1_000_000 }),
  anyKinks: fc.boolean(),
});

/** Elements of a node at most, to keep programs small. */
const LARGEST = 48;

/** A node, a bound on its absolute value, and whether it holds inputs unchanged, so that f32 and f64 agree exactly. */
interface Known {
  readonly node: Var;
  readonly bound: number;
  readonly isExact: boolean;
}

const same = (a: Shape, b: Shape) => a.length === b.length && a.every((size, axis) => size === b[axis]);

class Grower {
  readonly tape = new Tape();
  readonly pool: Known[] = [];
  readonly parameters: Record<string, Float64Array> = {};
  readonly columnShapes: Record<string, Shape> = {};
  private readonly random: () => number;

  constructor(private readonly genome: Genome) {
    this.random = randomNumbers(genome.seed);
    const shapes: Shape[] = [[], [3], [2, 1, 3], [4], [1]];
    shapes.forEach((shape, i) => {
      const label = `x${i}`;
      this.columnShapes[label] = shape;
      this.add(this.tape.column(label, shape), 1, true);
    });
    for (const shape of [[], [3], [2, 3], [4, 1]]) this.parameter(shape);
    this.add(this.tape.constant([0.5, -0.25, 0.75]), 1, true);
    this.add(this.tape.constant(0.5, [2], this.tape.events()), 1, true);
  }

  add(node: Var, bound: number, isExact = false): Known {
    const known = { node, bound, isExact };
    this.pool.push(known);
    return known;
  }

  /** Numbers on a grid, so that ties happen and f32 holds them exactly. */
  grid(count: number): Float64Array {
    return Float64Array.from({ length: count }, () => (Math.floor(this.random() * 33) - 16) / 16);
  }

  parameter(shape: Shape): Known {
    const label = `p${Object.keys(this.parameters).length}`;
    this.parameters[label] = this.grid(sizeOf(shape));
    return this.add(this.tape.parameter(label, shape), 1, true);
  }

  pick(back: number): Known {
    return this.pool[this.pool.length - 1 - (back % this.pool.length)] as Known;
  }

  /** A node whose values a kink may look at. */
  pickAtKink(back: number): Known {
    if (this.genome.anyKinks) {
      const known = this.pick(back);
      if (known.isExact) return known;
      // Computed numbers may tie by arithmetic (w v - w v) and not by rounding: move them apart.
      const { shape } = known.node;
      const shifts = Array.from({ length: sizeOf(shape) }, (_, i) => 0.1 * Math.sin(1.7 * i + this.pool.length));
      return { ...known, node: o.add(known.node, this.tape.constant(shifts, shape)), bound: known.bound + 0.1 };
    }
    const exact = this.pool.filter((known) => known.isExact);
    return exact[exact.length - 1 - (back % exact.length)] as Known;
  }

  /** The node, brought to values of at most about one. */
  tame({ node, bound }: Known): Var {
    return bound <= 1.5 ? node : o.tanh(node);
  }

  /** b in a form that broadcasts with a and keeps their common shape small. */
  matching(a: Known, b: Known): Known {
    try {
      if (sizeOf(o.broadcastShapes("matching", a.node.shape, b.node.shape)) <= LARGEST) return b;
    } catch {
      // Falls through: shapes do not broadcast.
    }
    if (sizeOf(a.node.shape) === sizeOf(b.node.shape)) return { ...b, node: o.reshape(b.node, a.node.shape) };
    const first = o.take(b.node, [], Int32Array.of(sizeOf(b.node.shape) - 1));
    return { ...b, node: first };
  }

  divisors(size: number): number[] {
    return Array.from({ length: size }, (_, i) => i + 1).filter((d) => size % d === 0);
  }

  prefix(out: number, size: number, detail: number): Int32Array | undefined {
    if (detail % 3 === 0) return undefined;
    return Int32Array.from({ length: out }, (_, row) =>
      detail % 3 === 1 ? Math.ceil((size * row) / out) : (row * 7 + detail) % (size + 1),
    );
  }

  grow([operation, a, b, variant, detail]: Gene): void {
    const step = steps[operation % steps.length] as Step;
    step(this, a, b, variant, detail);
  }
}

type Step = (g: Grower, a: number, b: number, variant: number, detail: number) => void;

const at = <T>(list: readonly T[], position: number) => list[position % list.length] as T;

/** A reduction that leaves scales alone. */
const axisOf = (node: Var, detail: number) => (node.shape.length === 0 ? -1 : detail % node.shape.length);

const unary: Step = (g, a, _b, variant) => {
  const known = g.pick(a);
  const x = g.tame(known);
  const forms: readonly [Var, number][] = [
    [o.exp(x), 4.5],
    [o.log(o.add(o.mul(x, x), 0.25)), 1.4],
    [o.log1p(o.mul(x, 0.5)), 1.4],
    [o.expm1(x), 3.5],
    [o.tanh(o.mul(x, 2)), 1],
    [o.sin(o.mul(x, 3)), 1],
    [o.cos(o.mul(x, 3)), 1],
    [o.sqrt(o.add(o.mul(x, x), 0.5)), 1.7],
    [o.neg(known.node), known.bound],
    [o.stopGradient(known.node), known.bound],
    [o.sigmoid(x), 1],
    [o.erf(o.mul(x, 2)), 1],
    [o.erfc(x), 2],
    [o.erfcx(o.mul(x, 0.5)), 3.2],
    [o.erfcMeanExcess(x), 1.6],
  ];
  const [node, bound] = at(forms, variant);
  g.add(node, bound);
};

const binary: Step = (g, a, b, variant, detail) => {
  const left = g.pick(a);
  const right = g.matching(left, g.pick(b));
  const [x, y] = [g.tame(left), g.tame(right)];
  const forms: readonly [Var, number][] = [
    [o.add(x, y), 3],
    [o.sub(x, y), 3],
    [o.mul(x, y), 2.25],
    [o.div(x, o.add(o.mul(y, y), 0.5)), 3],
    [o.sub(0.5, o.mul(x, y)), 2.75],
    [o.add(o.mul(x, y), o.mul(x, 0.25 * (detail % 5))), 4],
  ];
  const [node, bound] = at(forms, variant);
  g.add(node, bound);
};

const kink: Step = (g, a, b, variant, detail) => {
  const left = g.pickAtKink(a);
  const right = g.matching(left, g.pickAtKink(b));
  const [x, y] = [left.node, right.node];
  const isExact = left.isExact && right.isExact;
  const bound = Math.max(left.bound, right.bound);
  const branch = g.matching(left, g.pick(detail));
  const forms: readonly (() => void)[] = [
    () => g.add(o.maximum(x, y), bound, isExact),
    () => g.add(o.minimum(x, y), bound, isExact),
    () => g.add(o.abs(x), left.bound, left.isExact),
    () => g.add(o.greater(x, y), 1, isExact),
    () => g.add(o.greaterEqual(x, y), 1, isExact),
    () => g.add(o.equal(x, y), 1, isExact),
    () => g.add(o.where(o.greater(x, 0.25), branch.node, o.mul(x, 0.5)), Math.max(branch.bound, left.bound)),
    () => g.add(o.where(x, branch.node, 0.5), Math.max(branch.bound, 0.5)),
    () => g.add(o.mul(o.lessEqual(x, 0), branch.node), branch.bound),
  ];
  at(forms, variant)();
};

const largest: Step = (g, a, _b, _variant, detail) => {
  const known = g.pickAtKink(a);
  const axis = axisOf(known.node, detail);
  if (axis >= 0) g.add(o.max(known.node, axis), known.bound, known.isExact);
};

const reduction: Step = (g, a, b, variant, detail) => {
  const known = g.pick(a);
  const axis = axisOf(known.node, detail);
  if (axis < 0) return;
  const x = g.tame(known);
  const size = x.shape[axis] as number;
  const other = g.matching({ ...known, node: x }, g.pick(b));
  const forms: readonly (() => Var)[] = [
    () => o.sum(x, axis),
    () => o.sum(o.mul(x, g.tame(other)), o.mul(x, g.tame(other)).shape.length - x.shape.length + axis),
    () => o.logSumExp(x, axis),
    () => o.cumulativeSum(x, axis),
    () => o.cumulativeSum(x, axis, { reverse: true }),
    () => o.cumulativeSum(x, axis, { exclusive: true }),
    () => o.cumulativeSum(x, axis, { exclusive: true, reverse: true }),
    () => o.mul(o.cumulativeSum(x, axis), o.cumulativeSum(o.exp(x), axis, { reverse: true, exclusive: true })),
    () => o.div(o.exp(x), o.sum(o.exp(x), axis)),
  ];
  g.add(at(forms, variant)(), 20 * size);
};

const view: Step = (g, a, b, variant, detail) => {
  const { node, bound, isExact } = g.pick(a);
  const size = sizeOf(node.shape);
  const axis = axisOf(node, detail);
  const length = node.shape[axis] ?? 1;
  const grow = (result: Var) => {
    if (sizeOf(result.shape) <= LARGEST && result.shape.length <= 4) g.add(result, bound, isExact);
  };
  const forms: readonly (() => void)[] = [
    () => grow(o.reshape(node, [size])),
    () => grow(o.reshape(node, [at(g.divisors(size), detail), size / at(g.divisors(size), detail)])),
    () => grow(o.reshape(node, [size / at(g.divisors(size), detail), 1, at(g.divisors(size), detail)])),
    () => grow(o.broadcast(node, [2, ...node.shape])),
    () =>
      grow(
        o.broadcast(
          node,
          node.shape.map((s) => (s === 1 ? 3 : s)),
        ),
      ),
    () => axis >= 0 && grow(o.slice(node, axis, detail % length, (detail % length) + 1)),
    () => axis >= 0 && grow(o.pad(node, axis, detail % 3, b % 2)),
    () =>
      axis >= 0 &&
      grow(
        o.select(
          node,
          axis,
          Array.from({ length }, (_, i) => length - 1 - i),
        ),
      ),
    () => {
      // Any elements in any order, with holes.
      const order = Array.from({ length: size }, (_, i) => i).sort(
        (p, q) => ((p * 7 + detail) % 11) - ((q * 7 + detail) % 11),
      );
      const index = Int32Array.from(order.slice(0, 1 + (detail % size)), (i, r) => ((r + detail) % 4 === 3 ? -1 : i));
      grow(o.take(node, [index.length], index));
    },
    () => {
      const other = g.matching({ node, bound, isExact }, g.pick(b));
      if (axis < 0 || other.node.shape.length > node.shape.length) return;
      const joined = o.concatenate(
        [node, o.broadcastEvents(o.broadcast(other.node, node.shape), node.events)].filter((part) =>
          same(part.shape, node.shape),
        ),
        axis,
      );
      if (sizeOf(joined.shape) <= LARGEST) g.add(joined, Math.max(bound, other.bound), isExact && other.isExact);
    },
  ];
  try {
    at(forms, variant)();
  } catch (error) {
    // A broadcast that does not fit is no view; everything else is a failure.
    if (!(error instanceof Error && error.name === "ShapeError" && /broadcast/.test(error.message))) throw error;
  }
};

const linear: Step = (g, a, b, variant, detail) => {
  const known = g.pick(a);
  const x = known.node.shape.length === 0 ? o.reshape(g.tame(known), [1]) : g.tame(known);
  const size = x.shape.at(-1) as number;
  const other = 1 + (detail % 5);
  const isBatched = variant % 3 === 0 && x.shape.length > 1;
  const transposed = variant % 2 === 1;
  const lead = isBatched ? x.shape.slice(0, -1) : [];
  const shape = [...lead, ...(transposed ? [size, other] : [other, size])];
  if (sizeOf(shape) > LARGEST || sizeOf(x.shape.slice(0, -1)) * other > LARGEST) return;
  const free = () => g.parameter(shape).node;
  const weights = at(
    [free, () => o.tanh(o.mul(free(), 2)), free, () => g.tape.constant(0.5, shape), () => o.mul(free(), free())],
    b,
  )();
  const prefix = transposed ? g.prefix(size, other, detail) : g.prefix(other, size, detail);
  g.add(o.linear(x, weights, { transposed, prefix }), 5);
};

const moments: Step = (g, a, b, variant, detail) => {
  const left = g.pick(a);
  if (left.node.shape.length === 0) return;
  const x = g.tame(left);
  const right = g.matching(left, g.pick(b));
  const y = g.tame(right);
  const shape = o.broadcastShapes("moments", x.shape, y.shape);
  if (shape.length === 0 || sizeOf(shape) * (shape.at(-1) as number) > LARGEST) return;
  const [p, q] = [o.broadcast(x, shape), o.broadcast(y, shape)];
  const part = variant % 2 === 0 ? p : o.slice(p, -1, 0, 1);
  const prefix = g.prefix(part.shape.at(-1) as number, q.shape.at(-1) as number, detail);
  const total = o.weightGradient(part, q, prefix, variant % 3 === 0);
  g.add(o.tanh(o.mul(total, part.events === undefined && q.events === undefined ? 0.5 : 0.01)), 1);
};

/** Sums over events that later operations take up again: one more pass. */
const totals: Step = (g, a) => {
  const known = g.pick(a);
  const x = g.tame(known);
  if (x.events !== undefined) g.add(o.tanh(o.mul(o.sumEvents(x), 0.01)), 1);
};

const steps: readonly Step[] = [
  unary,
  unary,
  binary,
  binary,
  binary,
  kink,
  kink,
  largest,
  reduction,
  reduction,
  reduction,
  view,
  view,
  view,
  linear,
  linear,
  moments,
  totals,
];

/** The program of a genome: values of its newest nodes, a loss, its gradient, and the gradient of a directional derivative of it. */
export function programOf(genome: Genome): RandomProgram {
  const g = new Grower(genome);
  for (const gene of genome.genes) g.grow(gene);
  const newest = g.pool.slice(-6);
  const terms = newest.map((known) => {
    const node = g.tame(known);
    const weighted = o.mul(node, g.tape.constant(g.grid(sizeOf(node.shape)), node.shape));
    return o.sumTo(weighted.events === undefined ? weighted : o.sumEvents(weighted), []);
  });
  const loss = terms.reduce((a, b) => o.add(a, o.mul(b, o.add(1, o.mul(0.125, o.tanh(o.mul(0.01, a)))))));
  const wrt = g.pool.filter(({ node }) => node.operation.name === "parameter" || node.operation.name === "column");
  const nodes = wrt.map(({ node }) => node);
  const first = gradient(loss, nodes);
  const directional = first
    .filter((part) => part.events === undefined)
    .map((part) => o.sumTo(o.mul(part, g.tape.constant(g.grid(sizeOf(part.shape)), part.shape)), []))
    .reduce((a, b) => o.add(a, b));
  const second = gradient(directional, nodes);
  // Terms of event sums that other nodes read, and no output has.
  const read = g.pool.slice(0, -newest.length).filter(({ node }) => node.events !== undefined && !nodes.includes(node));
  const sums = read.slice(-4).map(({ node }, i) => [`sum ${i}`, o.sumEvents(node)] as const);
  const label = ({ operation }: Var) =>
    operation.name === "parameter" || operation.name === "column" ? operation.label : "";
  const named = (prefix: string, list: readonly Var[]) =>
    Object.fromEntries(list.map((node, i) => [`${prefix} ${label(nodes[i] as Var)}`, node]));
  // Without derivatives most nodes have one reader, as what backends fuse wants.
  const alone = { loss, ...Object.fromEntries(sums) };
  return {
    outputs:
      genome.seed % 3 === 0
        ? alone
        : {
            ...alone,
            ...Object.fromEntries(newest.map(({ node }, i) => [`value ${i}`, node])),
            ...named("gradient", first),
            ...named("second", second),
            again: loss,
            directional,
          },
    parameters: g.parameters,
    columns(events) {
      const random = randomNumbers(genome.seed + 1);
      return Object.fromEntries(
        Object.entries(g.columnShapes).map(([name, shape]) => [
          name,
          Float64Array.from({ length: sizeOf(shape) * events }, () => (Math.floor(random() * 33) - 16) / 16),
        ]),
      );
    },
  };
}
