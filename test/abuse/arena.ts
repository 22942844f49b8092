/** What is attacked: a small analysis, its finished run, an export of it, and what each verb makes of them when left in peace. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TINY_TOY } from "../cli/tiny-toy.js";
import { attack, type Ended } from "./attack.js";

const SEED = 5;

const ANALYSIS = `name: Arena
seed: ${SEED}
observables: { x: { features: 2 }, y: { features: 2 } }
simulation: { generator: doi-toy, events: 4000 }
data: { generator: doi-toy, events: 1000 }
${TINY_TOY}transport: { transforms: 1, hidden: [8], bins: 4, training: { epochs: 10, batch: 256 } }
fit: { secondStart: 0 }
ensemble: { replicas: 1, training: { epochs: 5, batch: 256 } }
`;

/** Results of a run that follow from its inputs alone. */
export const RESULTS = [
  "results.json",
  "arrays.npz",
  "model.safetensors",
  "replicas.safetensors",
  "report.html",
] as const;

export interface Arena {
  readonly folder: string;
  readonly analysis: string;
  /** A finished run, of this seed, and how long it took. */
  readonly run: string;
  readonly seed: number;
  readonly runSeconds: number;
  /** An export of it. */
  readonly exported: string;
  /** Events to apply to and evaluate, with x and y. */
  readonly events: string;
  /** A path in the folder that nothing has. */
  fresh(name: string): string;
  /** A copy of the finished run. */
  copyOfRun(): string;
  copyOfExport(): string;
  remove(): void;
}

/** Throws where the undisturbed commands do not end with 0: then there is nothing to compare with. */
async function calm(words: readonly string[]): Promise<Ended> {
  const ended = await attack({ words, patience: 600 });
  if (ended.code !== 0) throw new Error(`unbinned ${words.join(" ")} ended with ${ended.code}: ${ended.error}`);
  return ended;
}

export async function openArena(): Promise<Arena> {
  const folder = mkdtempSync(join(tmpdir(), "unbinned-abuse-"));
  const analysis = join(folder, "analysis.yaml");
  writeFileSync(analysis, ANALYSIS);
  const [run, exported] = [join(folder, "calm"), join(folder, "exported")];
  const { seconds: runSeconds } = await calm(["run", analysis, "--out", run, "--backend", "cpu"]);
  await calm(["export", analysis, "--run", run, "--out", exported]);
  let copies = 0;
  const fresh = (name: string) => join(folder, `${copies++}-${name}`);
  const copyOf = (from: string, name: string) => {
    const to = fresh(name);
    cpSync(from, to, { recursive: true });
    return to;
  };
  return {
    folder,
    analysis,
    run,
    seed: SEED,
    runSeconds,
    exported,
    events: join(run, "data.npz"),
    fresh,
    copyOfRun: () => copyOf(run, "run"),
    copyOfExport: () => copyOf(exported, "exported"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Files below a folder, by their paths in it; links are not followed. */
export const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

/** Results that are not those of the finished run, as far as `folder` has any. */
export function unlikeResults(arena: Arena, folder: string): string[] {
  return RESULTS.filter((name) => {
    const own = join(folder, name);
    return !existsSync(own) || !readFileSync(own).equals(readFileSync(join(arena.run, name)));
  });
}

/** What an interrupted or refused command must not leave: files of its own making that are not whole. */
export const leftovers = (folder: string): string[] =>
  existsSync(folder) && statSync(folder).isDirectory() ? filesOf(folder).filter((name) => name.endsWith(".tmp")) : [];
