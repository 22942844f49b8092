/** The words of a command line, split into verb, operands and options. */

import { nearest, suggestion } from "../../io/edit-distance.js";
import { MAXIMA } from "../../workflow/configuration/limits.js";
import { UsageError } from "../../workflow/errors.js";
import { ENGINES, type Engine, PARTS, type Part } from "../../workflow/plan/choices.js";

/** Every option there is; a verb takes some of them. `value` is what help shows in place of the value. */
export const OPTIONS = {
  backend: {
    value: "NAME",
    help: "auto (a GPU where there is one, else cpu), cpu, webgpu or reference (default auto)",
  },
  precision: {
    value: "TYPE",
    help: "f32 or f64; by default f64 for evaluate, hessian and apply, f32 for the long verbs and on webgpu",
  },
  threads: { value: "N", help: "worker threads of the cpu backend (default: all cores)" },
  seed: { value: "N", help: "in place of the file's seed" },
  out: { value: "PATH", help: "where results go" },
  run: {
    value: "FOLDER",
    help: "the --out of the run whose model, fit and data to use (default: the file's `output`)",
  },
  set: { value: "KEY=VALUE", help: "override an entry of the file, e.g. data.events=100000; repeatable" },
  fix: { value: "NAMES", help: "fix parameters of a composition: a,b; repeatable" },
  free: { value: "NAMES", help: "free parameters of a composition that the file fixes: a,b; repeatable" },
  "set-parameter": { value: "NAME=VALUE", help: "start of a parameter of a composition: a=1.5,b=2; repeatable" },
  limit: { value: "NAME=LOW:HIGH", help: "range of a parameter of a composition: a=0:5; repeatable" },
  nu: { value: "POINT", help: "nuisances: a,b,... in declared order, or name=value,..." },
  "simulated-at": {
    value: "POINT",
    help: "nuisances at which the simulation was made, as in --nu (default: the nominal values)",
  },
  events: { value: "FILE", help: "events in place of the file's own, with its column names" },
  direction: { value: "WAY", help: "to-data (corrects simulation, the default) or to-simulation" },
  process: { value: "NAME", help: "the process of all events" },
  "process-column": {
    value: "NAME",
    help: "column with the process of each event: 0, 1, ... in declared order, or its name (csv)",
  },
  head: { value: "N", help: "only the first N events" },
  order: {
    value: "N",
    help: "of derivatives: 0 the likelihood alone, 1 its gradient too, 2 its Hessian too (default 1)",
  },
  toys: {
    value: "N or A-B",
    help: "N toy experiments to have, those that are there included; A-B: those from A to B, counted from 0",
  },
  toy: { value: "I", help: "one toy experiment, counted from 0" },
  mode: {
    value: "MODE",
    help: "data: new data for every toy, T kept. full: new data and new fits of T (default full)",
  },
  "toys-from": {
    value: "SOURCE",
    help: "samples: toys of simulated events, which show wrong densities. model: toys of the fitted model",
  },
  at: {
    value: "POINT",
    help: "draw toys of samples at this point, as in --nu (default: every point that was simulated, in turn); of a composition, name=value",
  },
  aggregate: { value: undefined, help: "only sum up the toys that are there" },
  engine: { value: "NAME", help: "the batch system: snakemake, slurm or htcondor" },
  "toys-per-job": {
    value: "N",
    help: "toys in one job (default: as many as take a quarter of an hour, where that is known)",
  },
  replica: { value: "I", help: "only this replica of the ensemble and what it needs, counted from 0" },
  only: { value: "STEPS", help: "these steps and what they need, as `unbinned steps` names them: a,b; repeatable" },
  from: { value: "STEP", help: "repeat this step and everything that follows from it" },
  part: {
    value: "PART",
    help: "of a run that several share. prepare: make what all read. steps: no results. report: results of what is done",
  },
  force: { value: undefined, help: "overwrite, or start afresh" },
  hs3: {
    value: undefined,
    help: "print a composition with its events as a file of HS3, the HEP Statistics Serialization Standard",
  },
  schema: { value: undefined, help: "print the JSON Schema of the configuration" },
  json: { value: undefined, help: "results as JSON on stdout; progress on stderr" },
  help: { value: undefined, help: "show help" },
  version: { value: undefined, help: "show the version" },
} as const;

/** Each worker reserves address space of its own; at thousands of them V8 ends the process. */
const MOST_THREADS = 256;

/** Letters of a value in a message. */
const LONGEST_SHOWN = 200;

export type OptionName = keyof typeof OPTIONS;

/** Numbers of toys, from `first` to `last`. */
export interface ToyRange {
  readonly first: number;
  readonly last: number;
  /** Whether it is written as one: a part of a study. */
  readonly isPart: boolean;
}

export interface Options {
  readonly backend: "auto" | "cpu" | "webgpu" | "reference";
  /** Undefined: the verb's own choice. */
  readonly precision: "f32" | "f64" | undefined;
  /** Undefined: all cores. */
  readonly threads: number | undefined;
  readonly seed: number | undefined;
  readonly out: string | undefined;
  readonly run: string | undefined;
  readonly set: readonly string[];
  readonly fix: readonly string[];
  readonly free: readonly string[];
  readonly setParameter: readonly string[];
  readonly limit: readonly string[];
  readonly nu: string | undefined;
  readonly simulatedAt: string | undefined;
  readonly events: string | undefined;
  readonly direction: "to-data" | "to-simulation";
  readonly process: string | undefined;
  readonly processColumn: string | undefined;
  /** Number of events. */
  readonly head: number | undefined;
  /** Of derivatives. */
  readonly order: 0 | 1 | 2;
  readonly toys: ToyRange | undefined;
  readonly toy: number | undefined;
  readonly mode: "data" | "full" | undefined;
  readonly toysFrom: "samples" | "model" | undefined;
  readonly at: string | undefined;
  readonly aggregate: boolean;
  readonly engine: Engine | undefined;
  readonly toysPerJob: number | undefined;
  readonly replica: number | undefined;
  /** Names of steps. */
  readonly only: readonly string[];
  readonly from: string | undefined;
  readonly part: Part | undefined;
  readonly force: boolean;
  readonly hs3: boolean;
  readonly schema: boolean;
  readonly json: boolean;
  readonly help: boolean;
  readonly version: boolean;
}

export interface CommandLine {
  readonly verb: string | undefined;
  readonly operands: readonly string[];
  readonly options: Options;
  /** Options that were written, for the verb to accept or refuse. */
  readonly given: readonly OptionName[];
}

/** Splits the words behind `unbinned`. `--name value` and `--name=value` are the same; `--` ends the options. */
export function parseArguments(words: readonly string[]): CommandLine {
  const operands: string[] = [];
  const given: { name: OptionName; value: string }[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === "--") {
      operands.push(...words.slice(i + 1));
      break;
    }
    if (word === "-h") given.push({ name: "help", value: "" });
    else if (!word.startsWith("-") || word === "-") operands.push(word);
    else {
      const equals = word.indexOf("=");
      const name = optionName(equals < 0 ? word : word.slice(0, equals));
      const placeholder = OPTIONS[name].value;
      if (placeholder === undefined) {
        if (equals >= 0) throw complaint(name, "no value", word.slice(equals + 1));
        given.push({ name, value: "" });
      } else if (equals >= 0) given.push({ name, value: word.slice(equals + 1) });
      else {
        const value = words[++i];
        // One dash may begin a value (`--nu -0.5,1`), two begin the next option.
        if (value === undefined || value.startsWith("--")) throw complaint(name, placeholder, value ?? "nothing");
        given.push({ name, value });
      }
    }
  }
  const [verb, ...rest] = operands;
  return { verb, operands: rest, options: readOptions(given), given: [...new Set(given.map(({ name }) => name))] };
}

function optionName(word: string): OptionName {
  const name = word.replace(/^--?/, "");
  if (word.startsWith("--") && Object.hasOwn(OPTIONS, name)) return name as OptionName;
  const names = Object.keys(OPTIONS).map((option) => `--${option}`);
  throw new UsageError("unbinned", { expected: "a known option", got: word, hint: suggestion(`--${name}`, names) });
}

function readOptions(given: readonly { readonly name: OptionName; readonly value: string }[]): Options {
  const has = (name: OptionName) => given.some((option) => option.name === name);
  const last = (name: OptionName) => given.findLast((option) => option.name === name)?.value;
  const every = (name: OptionName) => given.filter((option) => option.name === name).map(({ value }) => value);
  const oneOf = <C extends string>(name: OptionName, choices: readonly C[]): C | undefined => {
    const value = last(name);
    if (value !== undefined && !choices.includes(value as C)) {
      const meant = nearest(value, choices);
      throw complaint(name, `one of ${choices.join(", ")}`, value, meant && `Did you mean ${meant}?`);
    }
    return value as C | undefined;
  };
  const integer = (name: OptionName, least: number, most = Number.MAX_SAFE_INTEGER): number | undefined => {
    const value = last(name);
    if (value === undefined) return undefined;
    if (!/^\d+$/.test(value) || Number(value) < least || Number(value) > most) {
      const range =
        most < Number.MAX_SAFE_INTEGER ? `an integer from ${least} to ${most}` : `an integer of at least ${least}`;
      throw complaint(name, range, value);
    }
    return Number(value);
  };
  return {
    backend: oneOf("backend", ["auto", "cpu", "webgpu", "reference"]) ?? "auto",
    precision: oneOf("precision", ["f32", "f64"]),
    threads: integer("threads", 1, MOST_THREADS),
    seed: integer("seed", 0),
    out: last("out"),
    run: last("run"),
    set: every("set"),
    fix: every("fix"),
    free: every("free"),
    setParameter: every("set-parameter"),
    limit: every("limit"),
    nu: last("nu"),
    simulatedAt: last("simulated-at"),
    events: last("events"),
    direction: oneOf("direction", ["to-data", "to-simulation"]) ?? "to-data",
    process: last("process"),
    processColumn: last("process-column"),
    head: integer("head", 1),
    order: Number(oneOf("order", ["0", "1", "2"]) ?? 1) as Options["order"],
    toys: toyRange(last("toys")),
    toy: integer("toy", 0, MAXIMA.toys - 1),
    mode: oneOf("mode", ["data", "full"]),
    toysFrom: oneOf("toys-from", ["samples", "model"]),
    at: last("at"),
    aggregate: has("aggregate"),
    engine: oneOf("engine", ENGINES),
    toysPerJob: integer("toys-per-job", 1, MAXIMA.toys),
    replica: integer("replica", 0, MAXIMA.replicas - 1),
    only: every("only").flatMap((names) => namesIn("only", names)),
    from: last("from"),
    part: oneOf("part", PARTS),
    force: has("force"),
    hs3: has("hs3"),
    schema: has("schema"),
    json: has("json"),
    help: has("help"),
    version: has("version"),
  };
}

/** "100" or "20-39". */
function toyRange(text: string | undefined): ToyRange | undefined {
  if (text === undefined) return undefined;
  const [, start, end] = /^(?:(\d{1,7})-)?(\d{1,7})$/.exec(text) ?? [];
  const isPart = start !== undefined;
  const [first, last] = [Number(start ?? 0), isPart ? Number(end) : Number(end) - 1];
  if (last >= first && last < MAXIMA.toys) return { first, last, isPart };
  throw complaint("toys", `an integer from 1 to ${MAXIMA.toys}, or the first and the last number of some, A-B`, text);
}

/** "a,b" as names, none of them empty. */
function namesIn(option: OptionName, text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.includes("")) throw complaint(option, "names separated by commas", JSON.stringify(text));
  return names;
}

export function complaint(name: OptionName, expected: string, got: string, hint?: string): UsageError {
  const short = got.length > LONGEST_SHOWN ? `${got.slice(0, LONGEST_SHOWN)}...` : got;
  return new UsageError(`--${name}`, { expected, got: short, ...(hint === undefined ? {} : { hint }) });
}

/**
 * The point behind `--nu`, `--simulated-at` or `--at`: values in declared order, or `name=value` with the rest at their nominal values. [nuisances]
 *
 * @param names    nuisances in declared order
 * @param nominal  where nuisances that are not named stay
 */
export function parseNu(
  text: string,
  names: readonly string[],
  nominal: readonly number[],
  option: "nu" | "simulated-at" | "at" = "nu",
): number[] {
  const parts = text.split(",").map((part) => part.trim());
  const value = (part: string): number => {
    const read = part === "" ? Number.NaN : Number(part);
    if (!Number.isFinite(read)) throw complaint(option, "numbers separated by commas", JSON.stringify(part));
    return read;
  };
  if (!text.includes("=")) {
    if (parts.length !== names.length) {
      const hint = "Give one value per nuisance, or name=value";
      throw complaint(option, `${names.length} values (${names.join(", ")})`, `${parts.length} (${text})`, hint);
    }
    return parts.map(value);
  }
  const point = [...nominal];
  const seen = new Set<string>();
  for (const part of parts) {
    const [name, ...rest] = part.split("=");
    const k = names.indexOf(name!);
    if (rest.length !== 1) throw complaint(option, "name=value everywhere, or nowhere", part);
    if (k < 0) throw complaint(option, "a declared nuisance", name!, suggestion(name!, names));
    if (seen.has(name!)) throw complaint(option, "every nuisance once", `${name} again`);
    seen.add(name!);
    point[k] = value(rest[0]!);
  }
  return point;
}
