/**
 * The Hessian of a loss through bottlenecks.
 *
 * With bottlenecks c = F(c, ν), per event and in order, and Λ = L(c, ν) + Σ λ (F(c, ν) - c), where λ is the gradient of the loss
 * in c,
 *
 *     d²L/dν² = [W; 1]ᵀ ∂²Λ/∂(c, ν)² [W; 1],   W = dc/dν = ∂F/∂ν + ∂F/∂c W.
 *
 * Second derivatives of Λ take one direction per row of a bottleneck, and fewer where rows have nothing in common, such as those
 * of two processes (Curtis, Powell and Reid 1974, J. Inst. Math. Appl. 13, 117): what lies between two bottlenecks is passed once
 * per row of the first, whatever K. Only products of W with itself have K² elements. ν itself takes as many directions as it has
 * elements that meet behind the same bottlenecks: one where they only add up in them.
 */

import { add, mul, reshape, sumEvents, take } from "../tape/operations.js";
import { type EventSet, sizeOf, type Var } from "../tape/tape.js";
import { findBottlenecks } from "./bottlenecks.js";
import { type Scattered, scatter } from "./scatter.js";
import {
  type AdjointEntry,
  type Bottleneck,
  type Changes,
  ChangeTarget,
  gradientTarget,
  SecondOrderAdjoint,
} from "./second-order-adjoint.js";

const isScalar = ({ shape, events }: Var) => sizeOf(shape) === 1 && events === undefined;

/** Hessian of a scalar in a parameter of K elements, [K, K]; `undefined` where there is no bottleneck that saves work. */
export function hessianThroughBottlenecks(loss: Var, parameter: Var): Var | undefined {
  const size = sizeOf(parameter.shape);
  if (loss.tape !== parameter.tape || !isScalar(loss) || parameter.events !== undefined || size < 3) return undefined;
  const found = findBottlenecks(loss, parameter);
  if (found === undefined) return undefined;
  const adjoint = new SecondOrderAdjoint(loss, parameter, found);
  const past = adjoint.entries.flatMap(({ gradient }) => [...adjoint.sourcesOf(gradient)]);
  const most = Math.max(0, ...new Set(past.map((set) => membersBelow(adjoint, set, size).length)));
  // Where most of ν meets behind the bottlenecks, it would take its K directions anyway.
  if (!adjoint.isSumOfEvents || 2 * most > size) return undefined;
  return new BottleneckHessian(adjoint, size).matrix();
}

const membersBelow = ({ sets }: SecondOrderAdjoint, set: number, end: number) =>
  sets.members(set).filter((source) => source < end);

/** How the entries change with some elements of ν, no row with two of them. */
interface EntryJacobian {
  readonly change: Var;
  /** The element of ν per row, -1 where there is none. */
  readonly elements: readonly number[];
}

/** One direction: some rows of a bottleneck, by the numbers of their sources, and what changes with them. */
interface Direction {
  readonly bottleneck: Bottleneck;
  readonly rows: readonly number[];
  readonly changes: Changes;
}

/** Vectors [K] over the events by the number of the row of a bottleneck. */
type RowVectors = Map<number, Var>;

function addTo(vectors: RowVectors, row: number, value: Var): void {
  const old = vectors.get(row);
  vectors.set(row, old === undefined ? value : add(old, value));
}

const range = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);
const element = (x: Var, row: number) => take(reshape(x, [sizeOf(x.shape)]), [1], Int32Array.of(row));

class BottleneckHessian {
  private readonly entryJacobians = new Map<AdjointEntry, EntryJacobian[]>();

  constructor(
    private readonly adjoint: SecondOrderAdjoint,
    private readonly size: number,
  ) {}

  matrix(): Var {
    const ofParameter = this.parameterBlock();
    const directions = this.bottleneckDirections();
    const sensitivities = this.sensitivities(directions, this.multiplierDirections());
    const products = this.products(directions, sensitivities);
    const outer = this.outerProducts(products, sensitivities);
    const { size } = this;
    const transposed = Int32Array.from(range(0, size ** 2), (i) => (i % size) * size + Math.floor(i / size));
    const parts = [...outer.flatMap((part) => [part, take(part, [size, size], transposed)]), ...ofParameter];
    return parts.reduce((a, b) => add(a, b), this.adjoint.parameter.tape.constant(0, [size, size]));
  }

  /** Groups of sources that no row depends on two of. */
  private colours(sources: readonly number[], rows: Iterable<number>): number[][] {
    const own = new Set(sources);
    const conflicts = new Map<number, Set<number>>(sources.map((source) => [source, new Set()]));
    for (const set of new Set(rows)) {
      const members = this.adjoint.sets.members(set).filter((source) => own.has(source));
      for (const a of members) for (const b of members) conflicts.get(a)?.add(b);
    }
    const groups: number[][] = [];
    for (const source of sources) {
      const free = groups.find((group) => !group.some((other) => conflicts.get(source)?.has(other)));
      if (free === undefined) groups.push([source]);
      else free.push(source);
    }
    return groups;
  }

  /** The one of some sources that a set has, if any. */
  private only(set: number, of: { has(source: number): boolean }): number | undefined {
    return this.adjoint.sets.members(set).find((source) => of.has(source));
  }

  /** ∂²Λ/∂ν² as [K, K] parts, and on the way ∂(entries)/∂ν. */
  private parameterBlock(): Var[] {
    const { size, adjoint } = this;
    const { parameter, gradient, entries } = adjoint;
    const rows = adjoint.sourcesOf(gradient);
    const seen = [...rows, ...entries.flatMap(({ node }) => [...adjoint.sourcesArrivingAt(node)])];
    const targets = new Set([ChangeTarget.gradient, ChangeTarget.entries]);
    for (const entry of entries) this.entryJacobians.set(entry, []);
    return this.colours(range(0, size), seen).flatMap((group) => {
      const changes = adjoint.changes(parameter, 0, group, targets);
      const moved = new Set(group);
      for (const entry of entries) {
        const change = changes.arrivingAt(entry.node);
        if (change === undefined) continue;
        const elements = Array.from(adjoint.sourcesArrivingAt(entry.node), (set) => this.only(set, moved) ?? -1);
        this.entryJacobians.get(entry)?.push({ change, elements });
      }
      const second = changes.of(gradient);
      if (second === undefined) return [];
      const index = new Int32Array(size * size).fill(-1);
      rows.forEach((set, k) => {
        const l = this.only(set, moved);
        if (l !== undefined) index[k * size + l] = k;
      });
      return [take(reshape(second, [size]), [size, size], index)];
    });
  }

  /** Directions along the bottlenecks; rows of a bottleneck on which nothing depends together share one. */
  private bottleneckDirections(): Direction[] {
    const { adjoint } = this;
    const { bottlenecks, entries } = adjoint;
    const seen = [
      ...[...bottlenecks, ...entries].flatMap(({ gradient }) => [...adjoint.sourcesOf(gradient)]),
      ...bottlenecks.flatMap(({ node }) => [...adjoint.sourcesArrivingAt(node)]),
    ];
    return bottlenecks.flatMap((bottleneck, at) => {
      // Second derivatives are symmetric: of two bottlenecks, the later one is the direction.
      const before = bottlenecks.slice(0, at).flatMap(({ node, first }) => range(first, sizeOf(node.shape)));
      return this.colours(range(bottleneck.first, sizeOf(bottleneck.node.shape)), seen).map((rows) => {
        const own = [...this.ownRowsAlong(bottleneck, rows).keys()];
        const targets = new Set([
          ChangeTarget.entryGradients,
          ChangeTarget.bottlenecks,
          ...[...before, ...own].map(gradientTarget),
        ]);
        return { bottleneck, rows, changes: adjoint.changes(bottleneck.node, bottleneck.first, rows, targets) };
      });
    });
  }

  /** Rows of a bottleneck whose gradients depend on the direction, and on which of its rows they do. */
  private rowsAlong({ gradient, first }: Bottleneck, rows: readonly number[]): Map<number, number> {
    const moved = new Set(rows);
    const found = new Map<number, number>();
    for (const [at, set] of this.adjoint.sourcesOf(gradient).entries()) {
      const row = this.only(set, moved);
      if (row !== undefined) found.set(first + at, row);
    }
    return found;
  }

  /** Of the direction's own bottleneck, those from the row itself on. */
  private ownRowsAlong(bottleneck: Bottleneck, rows: readonly number[]): Map<number, number> {
    return new Map([...this.rowsAlong(bottleneck, rows)].filter(([other, row]) => other >= row));
  }

  private multiplierDirections(): Direction[] {
    const { adjoint } = this;
    const seen = adjoint.entries.flatMap(({ gradient }) => [...adjoint.sourcesOf(gradient)]);
    return adjoint.bottlenecks.flatMap((bottleneck) =>
      this.colours(range(bottleneck.firstMultiplier, sizeOf(bottleneck.node.shape)), seen).map((rows) => {
        const changes = adjoint.changes(
          bottleneck.multiplier,
          bottleneck.firstMultiplier,
          rows,
          new Set([ChangeTarget.entryGradients]),
        );
        return { bottleneck, rows, changes };
      }),
    );
  }

  /** Second derivatives of Λ in rows of a bottleneck (or in their multipliers: first derivatives of the rows) and ν, [K] per row. */
  private mixed({ rows, changes }: Direction): RowVectors {
    const { size, adjoint } = this;
    const moved = new Map(rows.map((row, at) => [row, at]));
    const parts: Scattered[] = [];
    for (const [entry, entryJacobians] of this.entryJacobians) {
      const change = changes.of(entry.gradient);
      if (change === undefined || adjoint.isBottleneck(entry.node)) continue;
      const own = Array.from(adjoint.sourcesOf(entry.gradient), (set) => this.only(set, moved));
      for (const { change: entryChange, elements } of entryJacobians) {
        const places = own.map((row, j) => {
          const k = elements[j] as number;
          return row === undefined || k < 0 ? -1 : (moved.get(row) as number) * size + k;
        });
        parts.push({ value: mul(change, entryChange), places });
      }
    }
    return this.vectors(parts, rows);
  }

  /** Parts put in their places, row by row [K]. */
  private vectors(parts: readonly Scattered[], rows: readonly number[]): RowVectors {
    const { size } = this;
    const vectors: RowVectors = new Map();
    const joined = scatter(parts, rows.length * size);
    if (joined === undefined) return vectors;
    const used = new Set(parts.flatMap(({ places }) => places.map((place) => Math.floor(place / size))));
    for (const [at, row] of rows.entries()) {
      if (used.has(at)) vectors.set(row, take(joined, [size], Int32Array.from(range(at * size, size))));
    }
    return vectors;
  }

  /** ∂c/∂ν of a bottleneck that is itself where ν comes to the events. */
  private entryVectors(node: Var, first: number): RowVectors {
    const rows = range(first, sizeOf(node.shape));
    const entry = this.adjoint.entries.find((own) => own.node === node);
    const parts = (entry ? (this.entryJacobians.get(entry) as EntryJacobian[]) : []).map(({ change, elements }) => ({
      value: change,
      places: elements.map((k, row) => (k < 0 ? -1 : row * this.size + k)),
    }));
    return this.vectors(parts, rows);
  }

  /** dc/dν, [K] per row of a bottleneck. */
  private sensitivities(directions: readonly Direction[], ofMultipliers: readonly Direction[]): RowVectors {
    const { bottlenecks } = this.adjoint;
    const result: RowVectors = new Map();
    for (const direction of ofMultipliers) {
      const { first, firstMultiplier } = direction.bottleneck;
      for (const [row, vector] of this.mixed(direction)) result.set(row - firstMultiplier + first, vector);
    }
    for (const { node, first } of bottlenecks) {
      for (const [row, vector] of this.entryVectors(node, first)) result.set(row, vector);
      const rows = this.adjoint.sourcesArrivingAt(node);
      for (const { rows: group, changes } of directions) {
        const change = changes.arrivingAt(node);
        if (change === undefined) continue;
        const moved = new Set(group);
        rows.forEach((set, row) => {
          const before = this.only(set, moved);
          const own = before === undefined ? undefined : result.get(before);
          if (own !== undefined) addTo(result, first + row, mul(element(change, row), own));
        });
      }
    }
    return result;
  }

  /**
   * Q of ∂²Λ = Qᵀ W + Wᵀ Q + ..., [K] per row: what a row has in common with ν, with the bottlenecks before its own and with the
   * rows of its own from itself on, and half of what it has with itself.
   */
  private products(directions: readonly Direction[], sensitivities: RowVectors): RowVectors {
    const result: RowVectors = new Map();
    for (const direction of directions) {
      const { bottleneck, rows, changes } = direction;
      for (const [row, vector] of this.mixed(direction)) addTo(result, row, vector);
      for (const before of this.adjoint.bottlenecks.filter(({ first }) => first <= bottleneck.first)) {
        const change = changes.of(before.gradient);
        if (change === undefined) continue;
        const pairs = before === bottleneck ? this.ownRowsAlong(bottleneck, rows) : this.rowsAlong(before, rows);
        for (const [other, row] of pairs) {
          const vector = sensitivities.get(other);
          const second = element(change, other - before.first);
          if (vector !== undefined) addTo(result, row, mul(other === row ? mul(second, 0.5) : second, vector));
        }
      }
    }
    return result;
  }

  /** Σ over events and rows of Q Wᵀ, [K, K] per event set. */
  private outerProducts(products: RowVectors, sensitivities: RowVectors): Var[] {
    const bySet = new Map<EventSet | undefined, Var>();
    for (const [row, product] of products) {
      const own = sensitivities.get(row);
      if (own === undefined) continue;
      const outer = mul(reshape(product, [this.size, 1]), reshape(own, [1, this.size]));
      const old = bySet.get(outer.events);
      bySet.set(outer.events, old === undefined ? outer : add(old, outer));
    }
    return [...bySet.values()].map((matrix) => sumEvents(matrix));
  }
}
