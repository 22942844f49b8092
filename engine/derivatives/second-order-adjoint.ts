/** The second-order adjoint: the gradient of a loss with bottlenecks as variables of their own, and what each of its numbers depends on. */

import { broadcastEvents } from "../tape/operations.js";
import { type Shape, sizeOf, type Var } from "../tape/tape.js";
import type { Bottlenecks } from "./bottlenecks.js";
import { jvp, type LinearRanges, type Range, replay } from "./jvp.js";
import { ancestors, type RowSources, rowSources, rowTargets, SourceSets, smoothInputs } from "./sources.js";
import { backward } from "./vjp.js";

/** A bottleneck c and its multiplier λ. Their rows are sources of the numbers from `first` and `firstMultiplier` on. */
export interface Bottleneck {
  readonly node: Var;
  readonly gradient: Var;
  readonly multiplier: Var;
  readonly first: number;
  readonly firstMultiplier: number;
}

export interface AdjointEntry {
  readonly node: Var;
  readonly gradient: Var;
}

/** What changes are wanted of. */
export const ChangeTarget = {
  /** The gradients in the entries. */
  entryGradients: 0,
  /** The gradient in the parameter. */
  gradient: 1,
  /** The entries as functions of the parameter. */
  entries: 2,
  /** The bottlenecks as functions of what comes before them. */
  bottlenecks: 3,
} as const;

/** The gradient in the row of a bottleneck that is the source of this number. */
export const gradientTarget = (source: number) => 4 + source;

/** How nodes change with some sources. */
export interface Changes {
  /** Of a node as a function of the sources. */
  of(node: Var): Var | undefined;
  /** The same, but of a bottleneck as a function of what comes before it. */
  arrivingAt(node: Var): Var | undefined;
}

/**
 * With bottlenecks c = F(c, ν) and the loss L(c, ν), the gradients of Λ = L + Σ λ (F - c), c, λ and ν being independent
 * variables; λ has the value at which the gradients in c vanish.
 *
 * The pass back from the loss stops at each bottleneck and starts again from a node that stands for λ. Such nodes show
 * what depends on what; results are written in those they stand for, so that they share all work with the gradient.
 */
export class SecondOrderAdjoint {
  readonly sets = new SourceSets();
  readonly bottlenecks: readonly Bottleneck[];
  readonly entries: readonly AdjointEntry[];
  readonly gradient: Var;
  private readonly nodes: readonly Var[];
  private readonly independent = new Set<Var>();
  private readonly sources = new Map<Var, RowSources>();
  private readonly arriving = new Map<Var, RowSources>();
  private readonly targetSets = new SourceSets();
  private readonly targets = new Map<Var, Int32Array>();
  private readonly values = new Map<Var, Var>();

  constructor(
    loss: Var,
    readonly parameter: Var,
    { bottlenecks, entries, sums }: Bottlenecks,
  ) {
    const isBottleneck = new Set(bottlenecks);
    const multipliers = new Map<Var, Var>();
    const used = new Set<Var>();
    const cotangents = backward(loss, [parameter], (node, cotangent) => {
      if (!isBottleneck.has(node)) return cotangent;
      // Two bottlenecks may have one cotangent, but each has a λ of its own.
      let multiplier = cotangent;
      do {
        multiplier = loss.tape.append({ name: "stopGradient" }, [multiplier], multiplier.shape, multiplier.events);
      } while (used.has(multiplier));
      used.add(multiplier);
      multipliers.set(node, multiplier);
      return multiplier;
    });
    this.gradient = cotangents.get(parameter.id) as Var;
    this.entries = entries.flatMap((node) => {
      const gradient = cotangents.get(node.id);
      return gradient === undefined ? [] : [{ node, gradient }];
    });
    let count = sizeOf(parameter.shape);
    this.bottlenecks = bottlenecks.flatMap((node) => {
      const multiplier = multipliers.get(node);
      if (multiplier === undefined) return [];
      const [first, firstMultiplier] = [count, count + sizeOf(node.shape)];
      count += 2 * sizeOf(node.shape);
      this.independent.add(node).add(multiplier);
      return [{ node, gradient: cotangents.get(node.id) as Var, multiplier, first, firstMultiplier }];
    });
    this.independent.add(parameter);
    const ofSums = sums.flatMap(({ id }) => cotangents.get(id) ?? []);
    const gradients = [...this.bottlenecks, ...this.entries].map(({ gradient }) => gradient);
    this.nodes = ancestors([this.gradient, ...gradients, ...ofSums], ({ inputs }) => inputs);
    for (const node of this.nodes) this.values.set(node, this.plain(node));
    this.findSources();
    this.findTargets();
    this.isSumOfEvents = ofSums.every((cotangent) => this.sources.get(cotangent) === undefined);
  }

  /** Is the second derivative that of one event after another, or do events meet in it? */
  readonly isSumOfEvents: boolean;

  private plain(node: Var): Var {
    const { inputs } = node;
    if (this.independent.has(node) && node.operation.name === "stopGradient") return this.value(inputs[0] as Var);
    const values = inputs.map((input) => this.value(input));
    return values.every((value, i) => value === inputs[i]) ? node : replay(node, values);
  }

  private findSources(): void {
    const numbered = (first: number, { shape }: Var) =>
      Int32Array.from({ length: sizeOf(shape) }, (_, row) => this.sets.of([first + row]));
    const own = new Map([
      [this.parameter, numbered(0, this.parameter)],
      ...this.bottlenecks.flatMap(({ node, multiplier, first, firstMultiplier }): [Var, Int32Array][] => [
        [node, numbered(first, node)],
        [multiplier, numbered(firstMultiplier, node)],
      ]),
    ]);
    for (const node of this.nodes) {
      const inputs = smoothInputs(node).map((input) => this.sources.get(input));
      const rows = rowSources(node, inputs, this.sets);
      if (own.has(node)) this.arriving.set(node, rows);
      this.sources.set(node, own.get(node) ?? rows);
    }
  }

  /** The node with each λ replaced by the gradient that it stands for. */
  value(node: Var): Var {
    return this.values.get(node) ?? node;
  }

  isBottleneck(node: Var): boolean {
    return this.bottlenecks.some((bottleneck) => bottleneck.node === node);
  }

  /** Sets of sources per row. */
  sourcesOf(node: Var): Int32Array {
    return this.sources.get(node) ?? new Int32Array(sizeOf(node.shape));
  }

  /** The same, but of a bottleneck as a function of what comes before it. */
  sourcesArrivingAt(node: Var): Int32Array {
    return this.independent.has(node)
      ? (this.arriving.get(node) ?? new Int32Array(sizeOf(node.shape)))
      : this.sourcesOf(node);
  }

  /**
   * Changes of what some targets need when some rows of one variable change by one each, all others being fixed. Of rows that no
   * target needs, they are not meaningful.
   *
   * @param rows  by the number of their source; the first row of the variable is `first`
   */
  changes(variable: Var, first: number, rows: readonly number[], targets: ReadonlySet<number>): Changes {
    const isMoved = membership(this.sets, new Set(rows));
    const isWanted = membership(this.targetSets, targets);
    const { tape, shape, events } = variable;
    const moved = new Set(rows);
    const ones = Float64Array.from({ length: sizeOf(shape) }, (_, row) => (moved.has(first + row) ? 1 : 0));
    const start = broadcastEvents(tape.constant(ones, shape), events);
    const found = new Map<Var, Var>([[variable, start]]);
    const arriving = new Map<Var, Var>();
    for (const node of this.nodes) {
      if (node === variable || !node.inputs.some((input) => found.has(input))) continue;
      const isIndependent = this.independent.has(node);
      const sources = this.sourcesArrivingAt(node);
      const wanted = isIndependent ? this.arrivalsAt(node) : this.targets.get(node);
      if (!wanted?.some(isWanted) || !sources.some(isMoved)) continue;
      const change = jvp(
        node,
        this.value(node),
        node.inputs.map((input) => this.value(input)),
        node.inputs.map((input) => found.get(input)),
        this.linearRanges(node, isMoved, (row) => isMoved(sources[row] as number) && isWanted(wanted[row] as number)),
      );
      if (change !== undefined) (isIndependent ? arriving : found).set(node, change);
    }
    return {
      of: (node) => found.get(node),
      arrivingAt: (node) => (this.independent.has(node) ? arriving : found).get(node),
    };
  }

  private linearRanges(
    { operation, inputs, shape }: Var,
    isMoved: (set: number) => boolean,
    isNeeded: (row: number) => boolean,
  ): LinearRanges | undefined {
    const [x, weights] = inputs;
    if (operation.name !== "linear" || this.sources.get(weights as Var) !== undefined) return undefined;
    const sources = this.sourcesOf(x as Var);
    const input = rangeOf((x as Var).shape, (row) => isMoved(sources[row] as number));
    const output = rangeOf(shape, isNeeded);
    return input && output && { input, output };
  }

  /** For each row, which targets may depend on it: going back from them, not beyond independent variables. */
  private findTargets(): void {
    const add = (node: Var, rows: Int32Array) => {
      const old = this.targets.get(node);
      this.targets.set(node, old ? rows.map((set, r) => this.targetSets.union(set, old[r] as number)) : rows);
    };
    const all = (node: Var, target: number) =>
      add(node, new Int32Array(sizeOf(node.shape)).fill(this.targetSets.of([target])));
    for (const { gradient, first } of this.bottlenecks) {
      add(
        gradient,
        Int32Array.from({ length: sizeOf(gradient.shape) }, (_, row) =>
          this.targetSets.of([gradientTarget(first + row)]),
        ),
      );
    }
    for (const { node, gradient } of this.entries) {
      all(gradient, ChangeTarget.entryGradients);
      all(node, ChangeTarget.entries);
    }
    all(this.gradient, ChangeTarget.gradient);
    for (const node of [...this.nodes].reverse()) {
      const rows = this.independent.has(node) ? this.arrivalsAt(node) : this.targets.get(node);
      if (rows === undefined) continue;
      for (const input of smoothInputs(node)) add(input, rowTargets(node, input, rows, this.targetSets));
    }
  }

  /** Targets of a variable as a function of what comes before it. */
  private arrivalsAt(node: Var): Int32Array {
    const target = this.entries.some((entry) => entry.node === node) ? ChangeTarget.entries : ChangeTarget.bottlenecks;
    return new Int32Array(sizeOf(node.shape)).fill(this.targetSets.of([target]));
  }
}

/** Does a set have one of these members? */
function membership(sets: SourceSets, members: ReadonlySet<number>): (set: number) => boolean {
  const known = new Map<number, boolean>([[0, false]]);
  return (set) => {
    const is = known.get(set) ?? sets.members(set).some((member) => members.has(member));
    known.set(set, is);
    return is;
  };
}

/** The part of the last axis in which such rows lie. */
function rangeOf(shape: Shape, is: (row: number) => boolean): Range | undefined {
  const width = shape.at(-1) as number;
  let [start, stop] = [width, 0];
  for (let row = 0; row < sizeOf(shape); row++) {
    if (!is(row)) continue;
    start = Math.min(start, row % width);
    stop = Math.max(stop, (row % width) + 1);
  }
  return start < stop ? [start, stop] : undefined;
}
