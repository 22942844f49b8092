/** The slope of a loss with cuts as variables of their own, and what each of its numbers depends on. */
import type { Cuts } from "./cuts.js";
import { backward } from "./derivative-rules.js";
import { broadcastEvents } from "./operations.js";
import { ancestors, type RowSources, rowSources, SourceSets, smoothInputs } from "./sources.js";
import { replay, tangent } from "./tangents.js";
import { sizeOf, type Var } from "./tape.js";

/** A cut c and its multiplier λ. Their rows are sources of the numbers from `first` and `firstMultiplier` on. */
export interface HeldCut {
  readonly node: Var;
  readonly slope: Var;
  readonly multiplier: Var;
  readonly first: number;
  readonly firstMultiplier: number;
}

export interface HeldEntry {
  readonly node: Var;
  readonly slope: Var;
}

/** How nodes change with some sources. */
export interface Changes {
  /** Of a node as a function of the sources. */
  of(node: Var): Var | undefined;
  /** The same, but of a cut as a function of what comes before it. */
  arrivingAt(node: Var): Var | undefined;
}

/**
 * With cuts c = F(c, ν) and the loss L(c, ν), the slopes of Λ = L + Σ λ (F - c), c, λ and ν being independent variables; λ has the
 * value at which the slopes in c vanish.
 *
 * The pass back from the loss stops at each cut and starts again from a node that stands for λ. Such nodes are made to tell who
 * depends on what; results are written in those they stand for, so that they share all work with the gradient.
 */
export class HeldSlopes {
  readonly sets = new SourceSets();
  readonly cuts: readonly HeldCut[];
  readonly entries: readonly HeldEntry[];
  readonly slope: Var;
  private readonly nodes: readonly Var[];
  private readonly held = new Set<Var>();
  private readonly sources = new Map<Var, RowSources>();
  private readonly arriving = new Map<Var, RowSources>();
  private readonly values = new Map<Var, Var>();

  constructor(
    loss: Var,
    readonly parameter: Var,
    { cuts, entries, sums }: Cuts,
  ) {
    const isCut = new Set(cuts);
    const multipliers = new Map<Var, Var>();
    const used = new Set<Var>();
    const cotangents = backward(loss, [parameter], (node, cotangent) => {
      if (!isCut.has(node)) return cotangent;
      // Two cuts may have one cotangent, but each has a λ of its own.
      let multiplier = cotangent;
      do {
        multiplier = loss.tape.append({ name: "stopGradient" }, [multiplier], multiplier.shape, multiplier.events);
      } while (used.has(multiplier));
      used.add(multiplier);
      multipliers.set(node, multiplier);
      return multiplier;
    });
    this.slope = cotangents.get(parameter.id) as Var;
    this.entries = entries.flatMap((node) => {
      const slope = cotangents.get(node.id);
      return slope === undefined ? [] : [{ node, slope }];
    });
    let count = sizeOf(parameter.shape);
    this.cuts = cuts.flatMap((node) => {
      const multiplier = multipliers.get(node);
      if (multiplier === undefined) return [];
      const [first, firstMultiplier] = [count, count + sizeOf(node.shape)];
      count += 2 * sizeOf(node.shape);
      this.held.add(node).add(multiplier);
      return [{ node, slope: cotangents.get(node.id) as Var, multiplier, first, firstMultiplier }];
    });
    this.held.add(parameter);
    const ofSums = sums.flatMap(({ id }) => cotangents.get(id) ?? []);
    const slopes = [...this.cuts, ...this.entries].map(({ slope }) => slope);
    this.nodes = ancestors([this.slope, ...slopes, ...ofSums], ({ inputs }) => inputs);
    for (const node of this.nodes) this.values.set(node, this.plain(node));
    this.findSources();
    this.isSumOfEvents = ofSums.every((cotangent) => this.sources.get(cotangent) === undefined);
  }

  /** Is the second derivative that of one event after another, or do events meet in it? */
  readonly isSumOfEvents: boolean;

  private plain(node: Var): Var {
    const { inputs } = node;
    if (this.held.has(node) && node.operation.name === "stopGradient") return this.value(inputs[0] as Var);
    const values = inputs.map((input) => this.value(input));
    return values.every((value, i) => value === inputs[i]) ? node : replay(node, values);
  }

  private findSources(): void {
    const numbered = (first: number, { shape }: Var) =>
      Int32Array.from({ length: sizeOf(shape) }, (_, row) => this.sets.of([first + row]));
    const own = new Map([
      [this.parameter, numbered(0, this.parameter)],
      ...this.cuts.flatMap(({ node, multiplier, first, firstMultiplier }): [Var, Int32Array][] => [
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

  /** The node with each λ replaced by the slope that it stands for. */
  value(node: Var): Var {
    return this.values.get(node) ?? node;
  }

  isCut(node: Var): boolean {
    return this.cuts.some((cut) => cut.node === node);
  }

  /** Sets of sources per row. */
  sourcesOf(node: Var): Int32Array {
    return this.sources.get(node) ?? new Int32Array(sizeOf(node.shape));
  }

  /** The same, but of a cut as a function of what comes before it. */
  sourcesArrivingAt(node: Var): Int32Array {
    return this.held.has(node) ? (this.arriving.get(node) ?? new Int32Array(sizeOf(node.shape))) : this.sourcesOf(node);
  }

  /**
   * Changes of all nodes on the way to some targets when some rows of one variable change by one each, all others held.
   *
   * @param rows  by the number of their source; the first row of the variable is `first`
   */
  changes(variable: Var, first: number, rows: readonly number[], targets: ReadonlySet<Var>): Changes {
    const moved = new Set(rows);
    const hits = new Map<number, boolean>([[0, false]]);
    const isHit = (set: number) => {
      const known = hits.get(set) ?? this.sets.members(set).some((source) => moved.has(source));
      hits.set(set, known);
      return known;
    };
    const { tape, shape, events } = variable;
    const ones = Float64Array.from({ length: sizeOf(shape) }, (_, row) => (moved.has(first + row) ? 1 : 0));
    const start = broadcastEvents(tape.constant(ones, shape), events);
    const found = new Map<Var, Var>([[variable, start]]);
    const arriving = new Map<Var, Var>();
    for (const node of this.nodes) {
      if (node === variable || !targets.has(node)) continue;
      const isHeld = this.held.has(node);
      const rowsOf = isHeld ? this.sourcesArrivingAt(node) : this.sourcesOf(node);
      if (!rowsOf.some(isHit)) continue;
      const inputs = node.inputs.map((input) => this.value(input));
      const change = tangent(
        node,
        this.value(node),
        inputs,
        node.inputs.map((input) => found.get(input)),
      );
      if (change !== undefined) (isHeld ? arriving : found).set(node, change);
    }
    return { of: (node) => found.get(node), arrivingAt: (node) => (this.held.has(node) ? arriving : found).get(node) };
  }

  /** These nodes, and all on the way to them from a variable. */
  onTheWayTo(nodes: readonly Var[]): ReadonlySet<Var> {
    const targets = new Set(nodes);
    for (const node of [...this.nodes].reverse()) {
      if (!targets.has(node) || (this.held.has(node) && !nodes.includes(node))) continue;
      for (const input of smoothInputs(node)) targets.add(input);
    }
    return targets;
  }
}
