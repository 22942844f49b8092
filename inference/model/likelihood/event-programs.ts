/**
 * Programs bound to the data of a likelihood, for models that differ in the weights of their flows only. What depends
 * on data and weights alone is computed once and cached in columns; what differs between the models is cached for each of them.
 */

import { type CachedNodes, cachePerEvent, type EventCache } from "../../../engine/partial-evaluation/event-cache.js";
import type { Backend, ColumnData, Named, Program, RunOptions } from "../../../engine/runtime/backend.js";
import { BLOCK, BlockedColumn } from "../../../engine/runtime/blocked-column.js";
import { sizeOf, type Var } from "../../../engine/tape/tape.js";

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

export interface EventProgramsRequest<N extends string> {
  readonly backend: Backend;
  /** On one tape, before any sum over events; ν is the parameter "nu". */
  readonly traced: Readonly<Record<N, Var>>;
  /** Those that all members have in common. */
  readonly columns: Named<ColumnData>;
  readonly count: number;
  readonly members: readonly Member[];
  /** Bytes of the cache at most, over all members. Where the events are too many, what saves least is computed every time. */
  readonly cacheBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a program computes, from what was traced. */
export type Outputs<N extends string> = (traced: Readonly<Record<N, Var>>) => Record<string, Var>;

export interface EventPrograms<N extends string> {
  /** Compiles the outputs under this name when first asked, everything computed from the data. */
  open(name: string, outputs: Outputs<N>): Promise<Program>;
  /** The same of the cached columns: for what is evaluated again and again. */
  openCached(name: string, outputs: Outputs<N>): Promise<Program>;
  /** One at a time: each run has its own ν and member, the latter of `members`. */
  run(of: Promise<Program>, nu: ArrayLike<number>, member: Member, options?: RunOptions): Promise<Output>;
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

/** Values of per-event nodes as columns, which workers take as they are, however many programs read them. */
async function fill(
  program: Program,
  nodes: CachedNodes,
  { backend, count, signal }: Pick<EventProgramsRequest<never>, "backend" | "count" | "signal">,
): Promise<CachedColumns> {
  const sizes = Object.entries(nodes).map(([name, { shape }]) => [name, sizeOf(shape)] as const);
  const numbers = sizes.reduce((total, [, size]) => total + size, 0);
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
  async of({ parameters }: Member, key: Member | undefined): Promise<CachedColumns> {
    const known = this.filled.get(key);
    if (known !== undefined || this.isEmpty) return known ?? {};
    const program = await this.open();
    await program.write(parameters);
    const columns = await fill(program, this.nodes, this.request);
    this.filled.set(key, columns);
    return columns;
  }

  open(): Promise<Program> {
    this.program ??= this.compiled();
    return this.program;
  }

  private async compiled(): Promise<Program> {
    const program = await this.request.backend.compile({ outputs: this.nodes });
    await program.bind(this.request.columns);
    return program;
  }

  async close(): Promise<void> {
    await (await this.program)?.close();
    this.filled.clear();
  }
}

/** What is cached, and the outputs that read it. */
class CachedEvaluation<N extends string> {
  readonly cached: EventCache<N>;
  private readonly parts: { readonly common: ColumnCache; readonly own: ColumnCache };

  constructor(
    private readonly request: EventProgramsRequest<N>,
    varied: ReadonlySet<string>,
  ) {
    const { traced, members, backend, count, cacheBytes } = request;
    this.cached = cachePerEvent({
      outputs: traced,
      dynamic: ["nu"],
      varied,
      members: members.length,
      most: cacheBytes / ((backend.precision === "f32" ? 4 : 8) * count),
    });
    const { common, own } = this.cached;
    this.parts = { common: new ColumnCache(common, request), own: new ColumnCache(own, request) };
  }

  /** A member's own columns, and those of all members where they are asked for. */
  async columnsOf(member: Member, withCommon: boolean): Promise<CachedColumns> {
    const { common, own } = this.parts;
    return { ...(withCommon && (await common.of(member, undefined))), ...(await own.of(member, member)) };
  }

  async describe(): Promise<string> {
    const filled = Object.values(this.parts).filter((part) => !part.isEmpty);
    const programs = await Promise.all(filled.map((part) => part.open()));
    const sizes = Object.values({ ...this.cached.common, ...this.cached.own }).map(({ shape }) => sizeOf(shape));
    const numbers = sizes.reduce((total, size) => total + size, 0);
    const { count } = this.request;
    return [
      `cached: ${numbers} numbers per event, computed once for ${count} events`,
      ...programs.map(({ description }) => description),
    ].join("\n\n");
  }

  async close(): Promise<void> {
    for (const part of Object.values(this.parts)) await part.close();
  }
}

export function eventPrograms<N extends string>(request: EventProgramsRequest<N>): EventPrograms<N> {
  const { backend, traced, columns, members, signal } = request;
  const varied = variedOf(members);
  const programs = new Map<string, Promise<Program>>();
  /** Whose parameters and columns a program holds. */
  const bound = new Map<Program, Member>();
  const isCached = new Set<Program>();
  let evaluation: CachedEvaluation<N> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const cached = () => {
    evaluation ??= new CachedEvaluation(request, varied);
    return evaluation;
  };

  function opened(name: string, open: () => Promise<Program>): Promise<Program> {
    const known = programs.get(name);
    if (known !== undefined) return known;
    const program = open();
    programs.set(name, program);
    return program;
  }

  async function runAlone(of: Promise<Program>, nu: ArrayLike<number>, member: Member, options: RunOptions) {
    const program = await of;
    const before = bound.get(program);
    if (before !== member) {
      bound.delete(program);
      const cachedColumns = isCached.has(program) ? await cached().columnsOf(member, before === undefined) : {};
      await program.bind({ ...member.columns, ...cachedColumns });
      // What all models have in common is written once: what follows from it is not computed again.
      await program.write(before === undefined ? member.parameters : differing(member, varied));
      bound.set(program, member);
    }
    await program.write({ nu });
    return program.run({ ...options, signal });
  }

  return {
    open: (name, outputs) =>
      opened(name, async () => {
        const program = await backend.compile({ outputs: outputs(traced) });
        await program.bind(columns);
        return program;
      }),
    openCached: (name, outputs) =>
      opened(name, async () => {
        const program = await backend.compile({ outputs: outputs(cached().cached.outputs) });
        await program.bind(columns);
        isCached.add(program);
        return program;
      }),
    run(of, nu, member, options = {}) {
      const own = last.then(() => runAlone(of, nu, member, options));
      // The next run waits for this one, also where it fails.
      last = own.catch(() => undefined);
      return own;
    },
    describeCached: () => cached().describe(),
    async close() {
      for (const program of programs.values()) await (await program).close();
      programs.clear();
      await evaluation?.close();
      evaluation = undefined;
    },
  };
}
