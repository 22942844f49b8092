/** The ways in which the program is abused, each as a sequence of single attacks with what was wrong after it. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RandomKey, randomKey, uniform } from "../../engine/random/random.js";
import { type Arena, filesOf, leftovers, unlikeResults } from "./arena.js";
import { attack, badRefusal, type Ended, misbehaviour } from "./attack.js";
import { writeSamples } from "./changed-composition.js";
import { HOSTILE_COMPOSITIONS } from "./hostile-compositions.js";
import { HOSTILE, type HostileFile } from "./hostile-files.js";

export interface Finding {
  readonly what: string;
  /** What was wrong; undefined where nothing was. */
  readonly problem: string | undefined;
  /** What the program did instead, in a word. */
  readonly answer: string;
  readonly seconds: number;
  readonly mebibytes: number;
}

export interface TrialOptions {
  /** Attacks of each sort where moments or places are drawn. */
  readonly rounds: number;
  readonly seed: number;
  /** Whether to leave out what takes long or much disk. */
  readonly isQuick: boolean;
}

export type Trial = (arena: Arena, options: TrialOptions) => AsyncGenerator<Finding>;

const finding = (what: string, ended: Ended, problem: string | undefined, answer = `exit ${ended.code}`): Finding => ({
  what,
  problem,
  answer,
  seconds: ended.seconds,
  mebibytes: ended.mebibytes,
});

/** Numbers in [0, 1), the same for a seed. */
class Draws {
  private readonly key: RandomKey;
  private drawn = 0;

  constructor(seed: number, purpose: string) {
    this.key = randomKey(seed, purpose);
  }

  next(): number {
    return uniform(this.key, this.drawn++);
  }

  below(count: number): number {
    return Math.floor(this.next() * count);
  }
}

const COLUMNS = ["--set", "observables.x.columns=[x]", "--set", "observables.y.columns=[y]"];
const CSV_COLUMNS = ["--set", "observables.x.columns=[a,b]", "--set", "observables.y.columns=[c,d]"];

const evaluate = (arena: Arena, ...words: readonly string[]) => [
  ...["evaluate", arena.analysis, "--out", arena.fresh("evaluated.npz")],
  ...words,
];

/** Commands that read a hostile file of each kind, at the place where users would have it. */
const READERS: Readonly<Record<keyof typeof HOSTILE, (arena: Arena, file: string) => readonly (readonly string[])[]>> =
  {
    "events, npz": (arena, file) => [
      evaluate(arena, "--run", arena.run, "--events", file, ...COLUMNS),
      [
        ...["apply", arena.analysis, "--run", arena.run, "--events", file, ...COLUMNS],
        ...["--process", "A", "--out", arena.fresh("a.npz")],
      ],
    ],
    "events, safetensors": (arena, file) => [evaluate(arena, "--run", arena.run, "--events", file, ...COLUMNS)],
    "events, csv": (arena, file) => [evaluate(arena, "--run", arena.run, "--events", file, ...CSV_COLUMNS)],
    configuration: (arena, file) => [
      ["validate", file],
      ["run", file, "--out", arena.fresh("out")],
    ],
    "model of a run": (arena, file) => {
      const run = arena.copyOfRun();
      cpSync(file, join(run, "model.safetensors"), { force: true, recursive: true, verbatimSymlinks: true });
      return [evaluate(arena, "--run", run)];
    },
    "model of PyTorch": (arena, file) => [
      evaluate(arena, "--events", arena.events, ...COLUMNS, "--set", `model.file=${file}`),
    ],
  };

/** What the quick part leaves out: they take the disk and the time of others. */
const isLarge = (name: string) => /GiB|MB|10\^[5-9]|00 000/.test(name);

/** Every so many of a list, from a drawn one on. */
const sampled = <T>(all: readonly T[], every: number, draws: Draws): readonly T[] => {
  const first = draws.below(every);
  return all.filter((_, i) => i % every === first);
};

export const hostileFiles: Trial = async function* (arena, { seed, isQuick }) {
  const draws = new Draws(seed, "hostile files");
  for (const [kind, { extension, files }] of Object.entries(HOSTILE)) {
    const chosen = Object.entries<HostileFile>(files).filter(([name]) => !isQuick || !isLarge(name));
    for (const [name, file] of sampled(chosen, isQuick ? 6 : 1, draws)) {
      const folder = arena.fresh("hostile");
      mkdirSync(folder);
      const path = join(folder, `file${extension}`);
      await file.write(path);
      const isPlain = kind !== "model of a run" || !/named pipe|link|folder/.test(name);
      if (!isPlain) continue;
      for (const words of READERS[kind as keyof typeof HOSTILE](arena, path)) {
        const ended = await attack({ words });
        yield finding(`${words[0]}: ${kind}: ${name}`, ended, file.isSound ? misbehaviour(ended) : badRefusal(ended));
      }
      rmSync(folder, { recursive: true });
    }
  }
};

/** Compositions that are wrong in one place, as commands of their own. */
export const hostileCompositions: Trial = async function* (arena, { seed, isQuick }) {
  const folder = arena.fresh("compositions");
  mkdirSync(folder);
  await writeSamples(folder);
  const all = Object.entries(HOSTILE_COMPOSITIONS);
  for (const [name, { source, code }] of sampled(all, isQuick ? 12 : 1, new Draws(seed, "compositions"))) {
    const file = join(folder, "composition.yaml");
    writeFileSync(file, source);
    const ended = await attack({ words: ["fit", file] });
    const wrong = misbehaviour(ended) ?? (ended.code === code ? undefined : `exit code ${ended.code}, not ${code}`);
    yield finding(`fit: ${name}`, ended, wrong);
  }
};

function flip(file: string, draws: Draws): string {
  const bytes = readFileSync(file);
  if (bytes.length === 0) return "nothing";
  const [byte, bit] = [draws.below(bytes.length), draws.below(8)];
  bytes[byte] = bytes[byte]! ^ (1 << bit);
  writeFileSync(file, bytes);
  return `bit ${bit} of byte ${byte} of ${bytes.length}`;
}

/** The log-densities that `evaluate` writes for a run folder or an export. */
async function evaluated(words: readonly string[], out: string): Promise<{ ended: Ended; bytes: Buffer | undefined }> {
  const ended = await attack({ words: ["evaluate", ...words, "--backend", "cpu", "--out", out] });
  return { ended, bytes: existsSync(out) ? readFileSync(out) : undefined };
}

/** A flipped bit in each file of a run folder and of an export: either noticed, or without any effect. */
export const bitFlips: Trial = async function* (arena, { rounds, seed, isQuick }) {
  const draws = new Draws(seed, "flips");
  const pick = (files: readonly string[]) => sampled(files, isQuick ? 16 : 1, draws);
  const calm = await evaluated([arena.analysis, "--run", arena.run], arena.fresh("calm.npz"));
  for (const name of pick(filesOf(arena.run))) {
    for (let round = 0; round < rounds; round++) {
      const run = arena.copyOfRun();
      const where = flip(join(run, name), draws);
      if (!name.startsWith("steps")) {
        const { ended, bytes } = await evaluated([arena.analysis, "--run", run], arena.fresh("flipped.npz"));
        const isRight = ended.code === 0 && bytes!.equals(calm.bytes!);
        const problem = isRight ? undefined : ended.code === 0 ? "other numbers, exit 0" : badRefusal(ended);
        yield finding(`evaluate: ${name}, ${where}`, ended, problem, isRight ? "the same numbers" : "refused");
      }
      // A run that has its results says so: take them away, and it has to make them of its steps.
      rmSync(join(run, "results.json"), { force: true });
      const again = await attack({ words: ["run", arena.analysis, "--out", run, "--backend", "cpu"], patience: 300 });
      const unlike = again.code === 0 ? unlikeResults(arena, run) : [];
      const wrong = unlike.length > 0 ? `exit 0 with other ${unlike.join(", ")}` : undefined;
      const problem =
        wrong ?? (again.code === 0 ? misbehaviour({ ...again, seconds: 0 }) : badRefusal({ ...again, seconds: 0 }));
      yield finding(`run: ${name}, ${where}`, again, problem, again.code === 0 ? "the same results" : "refused");
      rmSync(run, { recursive: true });
    }
  }
  const ofExport = [join(arena.exported, "analysis.yaml"), "--events", arena.events, ...COLUMNS];
  const whole = await evaluated(ofExport, arena.fresh("export.npz"));
  if (whole.ended.code !== 0)
    throw new Error(`evaluate of the export ended with ${whole.ended.code}: ${whole.ended.error}`);
  for (const name of pick(filesOf(arena.exported))) {
    for (let round = 0; round < rounds; round++) {
      const folder = arena.copyOfExport();
      const where = flip(join(folder, name), draws);
      const words = [join(folder, "analysis.yaml"), ...ofExport.slice(1)];
      const { ended, bytes } = await evaluated(words, arena.fresh("flipped.npz"));
      const isRight = ended.code === 0 && bytes!.equals(whole.bytes!);
      const problem = isRight ? undefined : ended.code === 0 ? "other numbers, exit 0" : badRefusal(ended);
      yield finding(`evaluate: export, ${name}, ${where}`, ended, problem, isRight ? "the same numbers" : "refused");
      rmSync(folder, { recursive: true });
    }
  }
};

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"] as const;
/** The same before Node has begun to listen. */
const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129, SIGKILL: 137 } as const;

/** The verbs that work for a while, each with what it writes to. */
const verbsAtWork = (arena: Arena): Readonly<Record<string, { words: readonly string[]; out: string }>> => {
  const likelihood = (verb: string, name: string) => {
    const out = arena.fresh(name);
    return { words: [verb, arena.analysis, "--run", arena.run, "--backend", "cpu", "--out", out], out };
  };
  const [run, coverage, exported] = ["run", "coverage", "export"].map(arena.fresh) as [string, string, string];
  return {
    run: { words: ["run", arena.analysis, "--out", run, "--backend", "cpu"], out: run },
    coverage: {
      words: ["coverage", arena.analysis, "--toys", "3", "--mode", "data", "--out", coverage, "--backend", "cpu"],
      out: coverage,
    },
    evaluate: likelihood("evaluate", "evaluate.npz"),
    hessian: likelihood("hessian", "hessian"),
    fit: likelihood("fit", "fit"),
    scan: likelihood("scan", "scan"),
    apply: {
      words: [...likelihood("apply", "apply.npz").words, "--events", arena.events, ...COLUMNS, "--process", "A"],
      out: arena.fresh("apply.npz"),
    },
    export: { words: ["export", arena.analysis, "--run", arena.run, "--out", exported, "--force"], out: exported },
  };
};

/** How long a verb takes in peace. */
async function calmSeconds(arena: Arena, verb: string): Promise<number> {
  const { words, out } = verbsAtWork(arena)[verb]!;
  if (verb === "coverage") cpSync(arena.run, out, { recursive: true });
  const { code, error, seconds } = await attack({ words, patience: 600 });
  if (code !== 0) throw new Error(`${words.join(" ")} ended with ${code}: ${error}`);
  return seconds;
}

/** A signal at a random moment of each verb, then the same command again: to its end, with the results of a calm one. */
export const signals: Trial = async function* (arena, { rounds, seed, isQuick }) {
  const draws = new Draws(seed, "signals");
  for (const verb of Object.keys(verbsAtWork(arena))) {
    if (isQuick && !["run", "fit"].includes(verb)) continue;
    const wholeSeconds = verb === "run" ? arena.runSeconds : await calmSeconds(arena, verb);
    for (let round = 0; round < rounds; round++) {
      const { words, out } = verbsAtWork(arena)[verb]!;
      if (verb === "coverage") cpSync(arena.run, out, { recursive: true });
      const name = SIGNALS[draws.below(SIGNALS.length)]!;
      const after = 200 + draws.next() * 1000 * wholeSeconds;
      const hit = await attack({ words, signal: { name, after }, patience: 120 });
      const wasDone = hit.code === 0;
      const latency = hit.seconds - after / 1000;
      const wrong =
        misbehaviour({ ...hit, seconds: latency }) ??
        (wasDone || hit.code === SIGNAL_CODES[name] ? undefined : `exit ${hit.code} after ${name}`) ??
        (latency > 5 && !wasDone ? `${latency.toFixed(1)} s until it stopped` : undefined);
      yield finding(
        `${verb}: ${name} after ${(after / 1000).toFixed(1)} s`,
        hit,
        wrong,
        wasDone ? "done before" : `exit ${hit.code}`,
      );
      const again = await attack({ words, patience: 600 });
      const left = again.code === 0 ? leftovers(out) : [];
      const unlike = verb === "run" ? unlikeResults(arena, out) : [];
      const problem =
        misbehaviour({ ...again, seconds: 0 }) ??
        (again.code === 0 ? undefined : `exit ${again.code} when repeated: ${again.error.trim()}`) ??
        (unlike.length > 0 ? `other ${unlike.join(", ")} when repeated` : undefined) ??
        (left.length > 0 ? `left ${left.join(", ")}` : undefined);
      yield finding(`${verb}: again after ${name}`, again, problem, "the same results");
    }
  }
};

/** Nobody reads what is printed, or it goes to a full device. */
export const streams: Trial = async function* (arena, { isQuick }) {
  const base = ["--run", arena.run, "--backend", "cpu"];
  const commands = {
    // What is not in the quick part differs from what is by what is printed.
    ...(isQuick ? {} : { fit: ["fit", arena.analysis, ...base] }),
    "fit --json": ["fit", arena.analysis, ...base, "--json"],
    help: ["--help"],
    doctor: ["doctor"],
  };
  for (const [name, words] of Object.entries(commands)) {
    const full = await attack({ words, shell: '"$@" > /dev/full' });
    const isSaid = /unbinned: /.test(full.error);
    const problem = misbehaviour(full) ?? (full.code === 0 ? "exit 0" : isSaid ? undefined : "no word on stderr");
    yield finding(`${name} > /dev/full`, full, problem);
    const closed = await attack({ words, shell: 'set -o pipefail; "$@" | head -c 1 > /dev/null' });
    yield finding(`${name} | head -c 1`, closed, misbehaviour(closed));
    const deaf = await attack({ words, shell: '"$@" 2> /dev/full > /dev/full' });
    yield finding(
      `${name} > /dev/full 2> /dev/full`,
      deaf,
      misbehaviour(deaf) ?? (deaf.code === 0 ? "exit 0" : undefined),
    );
    const shut = await attack({ words, shell: '"$@" >&- 2>&-' });
    yield finding(`${name} >&- 2>&-`, shut, misbehaviour(shut));
  }
};

/** A disk that fills up, as a limit on the size of files and, for root, as a small file system. */
export const fullDisk: Trial = async function* (arena, { isQuick }) {
  const limits = isQuick ? [4] : [1, 4, 16, 64, 256];
  const check = (ended: Ended, out: string) =>
    misbehaviour(ended) ??
    (ended.code === 0
      ? undefined
      : /unbinned: .*expected/.test(ended.error)
        ? undefined
        : `said ${ended.error.trim()}`) ??
    (leftovers(out).length > 0 ? `left ${leftovers(out).join(", ")}` : undefined);
  for (const kibibytes of limits) {
    for (const [verb, words, out] of [
      ["run", ["run", arena.analysis], arena.fresh("limited")],
      ["export", ["export", arena.analysis, "--run", arena.run], arena.fresh("limited")],
      ["evaluate", ["evaluate", arena.analysis, "--run", arena.run], arena.fresh("limited.npz")],
    ] as const) {
      const shell = `trap '' XFSZ; ulimit -f ${kibibytes}; "$@"`;
      const ended = await attack({ words: [...words, "--out", out], shell, patience: 120 });
      yield finding(`${verb}: files of at most ${kibibytes} KiB`, ended, check({ ...ended, seconds: 0 }, out));
    }
  }
  const mount = arena.fresh("mount");
  mkdirSync(mount);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", mount], { stdio: "pipe" });
  } catch {
    // Only root may.
    return;
  }
  try {
    const words = ["run", arena.analysis, "--out", join(mount, "out")];
    const ended = await attack({ words, patience: 120 });
    const problem = check({ ...ended, seconds: 0 }, join(mount, "out")) ?? (ended.code === 0 ? "exit 0" : undefined);
    yield finding("run: a file system of 256 KiB", ended, problem);
    execFileSync("mount", ["-o", "remount,size=64m", mount]);
    const again = await attack({ words, patience: 600 });
    const unlike = again.code === 0 ? unlikeResults(arena, join(mount, "out")) : [];
    yield finding(
      "run: again, with room",
      again,
      again.code !== 0
        ? `exit ${again.code}: ${again.error.trim()}`
        : unlike.length > 0
          ? `other ${unlike.join(", ")}`
          : undefined,
      "the same results",
    );
  } finally {
    execFileSync("umount", [mount]);
  }
};

/** Several commands in one folder at once: the same analysis, and different ones. */
export const owners: Trial = async function* (arena, { rounds, isQuick }) {
  for (let round = 0; round < rounds; round++) {
    const same = arena.fresh("same");
    const words = ["run", arena.analysis, "--out", same, "--backend", "cpu"];
    const count = isQuick ? 2 : 3;
    for (const ended of await Promise.all(Array.from({ length: count }, () => attack({ words, patience: 600 })))) {
      const unlike = unlikeResults(arena, same);
      const problem =
        misbehaviour({ ...ended, seconds: 0 }) ??
        (ended.code === 0 || ended.code === 2 ? undefined : `exit ${ended.code}: ${ended.error.trim()}`) ??
        (unlike.length > 0 ? `other ${unlike.join(", ")}` : undefined);
      yield finding(`${count} runs of one analysis in a folder`, ended, problem);
    }
    const mixed = arena.fresh("mixed");
    const both = [arena.seed, arena.seed + 1].map((seed) => [
      "run",
      arena.analysis,
      "--out",
      mixed,
      "--seed",
      `${seed}`,
      "--backend",
      "cpu",
    ]);
    const [first, second] = await Promise.all(both.map((own) => attack({ words: own, patience: 600 })));
    for (const ended of [first!, second!]) {
      const problem =
        misbehaviour({ ...ended, seconds: 0 }) ?? (ended.code === 0 ? undefined : `exit ${ended.code}: ${ended.error}`);
      yield finding("runs of two seeds in a folder", ended, problem);
    }
    if (first!.code !== 0 || second!.code !== 0) continue;
    // Whoever wrote last owns all of it: a run of that seed in a folder of its own has the same files.
    const results = JSON.parse(readFileSync(join(mixed, "results.json"), "utf8")) as { seed: number };
    const alone = results.seed === arena.seed ? arena.run : arena.fresh("alone");
    const again = ["run", arena.analysis, "--out", alone, "--seed", `${results.seed}`, "--backend", "cpu"];
    const last = await attack({ words: again, patience: 600 });
    const parts = ["model.safetensors", "arrays.npz", "report.html"].filter(
      (name) => !readFileSync(join(mixed, name)).equals(readFileSync(join(alone, name))),
    );
    yield finding(
      "what two seeds left in a folder",
      last,
      parts.length > 0 ? `mixed: ${parts.join(", ")}` : undefined,
      "one of them, whole",
    );
  }
};

export const TRIALS = { hostileFiles, hostileCompositions, bitFlips, signals, streams, fullDisk, owners } as const;
