/**
 * Programs bound to the data of a likelihood, for models that differ in the weights of their flows only. What depends
 * on data and weights alone is computed once and cached in columns; what differs between the models is cached for each of them.
 */

import { type CachedNodes, cachePerEvent, type EventCache } from "../../../engine/partial-evaluation/event-cache.js";
import type { Backend, ColumnData, Named, Program, RunOptions } from "../../../engine/runtime/backend.js";
import { BLOCK, BlockedColumn } from "../../../engine/runtime/blocked-column.js";
import { Turns } from "../../../engine/runtime/turns.js";
import { sizeOf, type Var } from "../../../engine/tape/tape.js";
import { type EventStream, isStream, piecesOf } from "./event-stream.js";

export type Parameters = Readonly<Record<string, Float64Array>>;

/** One of the models that share the programs. */
export interface Member {
  /** All but ν, by the names that every member has. */
  readonly parameters: Parameters;
  /** Columns that are its own. What is cached must not depend on them. */
  readonly columns: Named<ColumnData>;
}

type Output = Record<string, Float64Array>;
type CachedColumns = Named<BlockedColumn>;

/** Events that all members have in common, kept in memory. */
export interface StoredEvents {
  readonly columns: Named<ColumnData>;
  readonly count: number;
}

/** Those of a stream are bound piece after piece in every run; of these nothing is cached. */
export type BoundEvents = StoredEvents | EventStream<StoredEvents>;

export interface EventProgramsRequest<N extends string> {
  readonly backend: Backend;
  readonly events: BoundEvents;
  /** On one tape, before any sum over events; ν is the parameter "nu". */
  readonly traced: Readonly<Record<N, Var>>;
  readonly members: readonly Member[];
  /** Bytes of the cache at most, over all members. Where the events are too many, what saves least is computed every time. */
  readonly cacheBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a program computes, from what was traced. */
export type Outputs<N extends string> = (traced: Readonly<Record<N, Var>>) => Record<string, Var>;

export interface EventRunOptions extends Omit<RunOptions, "into" | "signal"> {
  /** What was found of the events from `start` on, in place of what is given back: piece by piece of a stream, else at once. */
  readonly each?: ((found: Output, start: number) => void | Promise<void>) | undefined;
}

export interface EventPrograms<N extends string> {
  /** Compiles the outputs under this name when first asked, everything computed from the data. */
  open(name: string, outputs: Outputs<N>): Promise<Program>;
  /** The same of the cached columns: for what is evaluated again and again. */
  openCached(name: string, outputs: Outputs<N>): Promise<Program>;
  /**
   * One at a time: each run has its own ν and member, the latter of `members`. Of a stream sums over events alone are given back: a run of it has
   * no range, and outputs with events go to `each`.
   */
  run(of: Promise<Program>, nu: ArrayLike<number>, member: Member, options?: EventRunOptions): Promise<Output>;
  /** Takes other events in place of those that are bound, after the runs that were asked for. What is compiled stays, unless it caches more than it may of so many. */
  bind(events: BoundEvents): Promise<void>;
  /** The numbers cached per event, and the program that computes them. */
  describeCached(): Promise<string>;
  close(): Promise<void>;
}

/** Numbers that one run makes at most while columns are filled: 64 MiB in f64 on backends that do not write to blocks at once. */
const PORTION = 2 ** 23;

/** Names of parameters in which the members differ. */
function variedOf(members: readonly Member[]): Set<string> {
  const [first, ...others] = members.map(({ parameters }) => parameters);
  const differs = (name: string) =>
    others.some((other) => other[name]!.some((value, i) => !Object.is(value, first![name]![i])));
  return new Set(Object.keys(first!).filter((name) => others.length > 0 && differs(name)));
}

const differing = ({ parameters }: Member, varied: ReadonlySet<string>): Parameters =>
  Object.fromEntries(Object.entries(parameters).filter(([name]) => varied.has(name)));

const numbersOf = (nodes: CachedNodes): number =>
  Object.values(nodes).reduce((total, { shape }) => total + sizeOf(shape), 0);

/** Values of per-event nodes as columns, which workers take as they are, however many programs read them. */
async function fill(
  program: Program,
  nodes: CachedNodes,
  count: number,
  { backend, signal }: Pick<EventProgramsRequest<never>, "backend" | "signal">,
): Promise<CachedColumns> {
  const sizes = Object.entries(nodes).map(([name, { shape }]) => [name, sizeOf(shape)] as const);
  const numbers = numbersOf(nodes);
  const columns = Object.fromEntries(
    sizes.map(([name, size]) => [name, new BlockedColumn(size, count, backend.precision)]),
  );
  const portion = BLOCK * Math.max(1, Math.floor(PORTION / (BLOCK * numbers)));
  for (let start = 0; start < count; start += portion) {
    const stop = Math.min(count, start + portion);
    await program.run({ range: { events: [start, stop] }, into: columns, signal });
  }
  return columns;
}

/** The columns of some cached nodes, computed when first asked for under each key. */
class ColumnCache {
  private readonly filled = new Map<Member | undefined, CachedColumns>();
  private program: Promise<Program> | undefined;

  constructor(
    private readonly nodes: CachedNodes,
    private readonly request: EventProgramsRequest<never>,
  ) {}

  get isEmpty(): boolean {
    return Object.keys(this.nodes).length === 0;
  }

  /** @param key  the member that they belong to; all members where absent */
  async of({ parameters }: Member, key: Member | undefined, events: StoredEvents): Promise<CachedColumns> {
    const known = this.filled.get(key);
    if (known !== undefined || this.isEmpty) return known ?? {};
    const program = await this.open();
    await program.bind(events.columns);
    await program.write(parameters);
    const columns = await fill(program, this.nodes, events.count, this.request);
    this.filled.set(key, columns);
    return columns;
  }

  open(): Promise<Program> {
    this.program ??= this.request.backend.compile({ outputs: this.nodes });
    return this.program;
  }

  /** Of events that are not bound any more. */
  clear(): void {
    this.filled.clear();
  }

  async close(): Promise<void> {
    await (await this.program)?.close();
    this.clear();
  }
}

/** What is cached, and the outputs that read it. */
class CachedEvaluation<N extends string> {
  readonly cached: EventCache<N>;
  private readonly parts: { readonly common: ColumnCache; readonly own: ColumnCache };

  constructor(
    private readonly request: EventProgramsRequest<N>,
    varied: ReadonlySet<string>,
    count: number,
  ) {
    const { traced, members } = request;
    this.cached = cachePerEvent({
      outputs: traced,
      dynamic: ["nu"],
      varied,
      members: members.length,
      most: this.mostOf(count),
    });
    const { common, own } = this.cached;
    this.parts = { common: new ColumnCache(common, request), own: new ColumnCache(own, request) };
  }

  /** Numbers per event that may be cached. */
  private mostOf(count: number): number {
    const { backend, cacheBytes } = this.request;
    return cacheBytes / ((backend.precision === "f32" ? 4 : 8) * count);
  }

  /** May so many events have what is cached of each? */
  hasRoomFor(count: number): boolean {
    const { common, own } = this.cached;
    return numbersOf(common) + this.request.members.length * numbersOf(own) <= this.mostOf(count);
  }

  /** A member's own columns, and those of all members where they are asked for. */
  async columnsOf(member: Member, withCommon: boolean, events: StoredEvents): Promise<CachedColumns> {
    const { common, own } = this.parts;
    return {
      ...(withCommon && (await common.of(member, undefined, events))),
      ...(await own.of(member, member, events)),
    };
  }

  async describe(count: number): Promise<string> {
    const filled = Object.values(this.parts).filter((part) => !part.isEmpty);
    const programs = await Promise.all(filled.map((part) => part.open()));
    const numbers = numbersOf({ ...this.cached.common, ...this.cached.own });
    return [
      `cached: ${numbers} numbers per event, computed once for ${count} events`,
      ...programs.map(({ description }) => description),
    ].join("\n\n");
  }

  clear(): void {
    for (const part of Object.values(this.parts)) part.clear();
  }

  async close(): Promise<void> {
    for (const part of Object.values(this.parts)) await part.close();
  }
}

export function eventPrograms<N extends string>(request: EventProgramsRequest<N>): EventPrograms<N> {
  const { backend, traced, members, signal } = request;
  const varied = variedOf(members);
  const programs = new Map<string, Promise<Program>>();
  /** Whose parameters and columns a program holds, and of which events. */
  const bound = new Map<Program, { readonly member: Member; readonly events: BoundEvents }>();
  /** Programs that read cached columns, with their names. */
  const cachedPrograms = new Map<Program, string>();
  let { events } = request;
  let evaluation: CachedEvaluation<N> | undefined;
  const turns = new Turns();
  const cached = () => {
    // Of a stream there is no room for any number of each event.
    evaluation ??= new CachedEvaluation(request, varied, isStream(events) ? Number.POSITIVE_INFINITY : events.count);
    return evaluation;
  };

  function opened(name: string, open: () => Promise<Program>): Promise<Program> {
    const known = programs.get(name);
    if (known !== undefined) return known;
    const program = open();
    programs.set(name, program);
    return program;
  }

  async function runAlone(
    program: Program,
    own: StoredEvents,
    nu: ArrayLike<number>,
    member: Member,
    range: RunOptions,
  ) {
    const before = bound.get(program);
    const hasOtherEvents = before?.events !== own;
    if (hasOtherEvents || before?.member !== member) {
      bound.delete(program);
      const columns = cachedPrograms.has(program) ? await cached().columnsOf(member, hasOtherEvents, own) : {};
      await program.bind({ ...(hasOtherEvents && own.columns), ...member.columns, ...columns });
      // What all models have in common is written once: what follows from it is not computed again.
      if (before === undefined) await program.write(member.parameters);
      else if (before.member !== member) await program.write(differing(member, varied));
      bound.set(program, { member, events: own });
    }
    await program.write({ nu });
    return program.run({ ...range, signal });
  }

  /** Sums over the pieces, in f64. */
  async function runPieces(
    program: Program,
    stream: EventStream<StoredEvents>,
    nu: ArrayLike<number>,
    member: Member,
    each: EventRunOptions["each"],
  ) {
    const sums: Output = {};
    for await (const [piece, start] of piecesOf(stream, signal)) {
      const found = await runAlone(program, piece, nu, member, {});
      if (each !== undefined) await each(found, start);
      else
        for (const [name, values] of Object.entries(found))
          sums[name] = sums[name]?.map((sum, i) => sum + values[i]!) ?? values;
    }
    return sums;
  }

  async function runIn(
    of: Promise<Program>,
    nu: ArrayLike<number>,
    member: Member,
    { each, ...range }: EventRunOptions,
  ) {
    const program = await of;
    const own = events;
    if (isStream<StoredEvents>(own)) {
      if (range.range !== undefined) throw new Error("internal: a run of a stream has no range");
      return runPieces(program, own, nu, member, each);
    }
    const found = await runAlone(program, own, nu, member, range);
    if (each === undefined) return found;
    await each(found, 0);
    return {};
  }

  async function bindAlone(next: BoundEvents) {
    events = next;
    if (evaluation === undefined) return;
    evaluation.clear();
    if (!isStream(next) && evaluation.hasRoomFor(next.count)) return;
    for (const [program, name] of cachedPrograms) {
      await program.close();
      programs.delete(name);
    }
    cachedPrograms.clear();
    await evaluation.close();
    evaluation = undefined;
  }

  return {
    open: (name, outputs) => opened(name, async () => backend.compile({ outputs: outputs(traced) })),
    openCached: (name, outputs) =>
      opened(name, async () => {
        const program = await backend.compile({ outputs: outputs(cached().cached.outputs) });
        cachedPrograms.set(program, name);
        return program;
      }),
    run: (of, nu, member, options = {}) => turns.take(() => runIn(of, nu, member, options)),
    bind: (next) => turns.take(() => bindAlone(next)),
    describeCached: () => cached().describe(events.count),
    async close() {
      for (const program of programs.values()) await (await program).close();
      programs.clear();
      await evaluation?.close();
      evaluation = undefined;
    },
  };
}
