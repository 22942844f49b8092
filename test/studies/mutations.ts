/**
 * Right analyses with one thing broken: does the run end with a failed verdict that names the cause, with exit code 4, or 2 where it is refused, or
 * 3 where the fit did not converge either? And do the unbroken ones pass?
 * `npm run study:mutations [SEEDS] [MUTATIONS] [DATA] [SAMPLE]`: seeds of the unbroken ones as 1,2,3; mutations by name, as in
 * process,tail, or all, or none; events of the data and of every sample. Mutations take the first seed.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { writeNpz } from "../../io/index.js";
import { runInProcess } from "../cli/in-process.js";
import { cutAnalysis, type Sizes, type StudiedAnalysis, spectrumAnalysis } from "./mutation-analyses.js";
import { MUTATIONS } from "./mutation-list.js";

const [seeds = "1,2,3", wanted = "all", ...numbers] = process.argv.slice(2);
const [data = 12_000, sample = 40_000] = numbers.map(Number);
const sizes: Sizes = { data, sample };

interface Ended {
  readonly code: number;
  readonly failed: readonly string[];
  /** All that was said of what failed. */
  readonly text: string;
  readonly seconds: number;
}

async function ended({ entry, files }: StudiedAnalysis): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), "unbinned-mutation-"));
  try {
    for (const [name, columns] of Object.entries(files)) {
      const arrays = Object.entries(columns).map(([key, own]) => [key, { shape: [own.length], data: own }] as const);
      await writeNpz(join(folder, name), Object.fromEntries(arrays), { deflate: false });
    }
    const file = join(folder, "analysis.yaml");
    writeFileSync(file, stringify(entry, { aliasDuplicateObjects: false }));
    const begin = performance.now();
    const { code, error } = await runInProcess(["run", file, "--backend", "cpu", "--threads", "1"], {
      judgesTrainings: true,
    });
    const seconds = (performance.now() - begin) / 1000;
    if (![0, 3, 4].includes(code)) return { code, failed: ["refused"], text: error, seconds };
    const { verdicts } = JSON.parse(readFileSync(join(folder, "out", "results.json"), "utf8"));
    type Found = { readonly check: string; readonly text: string; readonly advice: string };
    const failed = verdicts as readonly Found[];
    return {
      code,
      failed: failed.map(({ check }) => check),
      text: failed.map(({ text, advice }) => `${text}. ${advice}`).join("\n"),
      seconds,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const makers = { spectrum: spectrumAnalysis, cut: cutAnalysis };
const list = seeds.split(",").map(Number);
const counted = (checks: readonly string[]) =>
  [...new Set(checks)].map((check) => `${check} (${checks.filter((own) => own === check).length})`).join(", ");

console.log("| mutation | analysis | exit code | what failed | cause named | seconds |");
console.log("| --- | --- | --- | --- | --- | --- |");
const chosen = MUTATIONS.filter(({ name }) => wanted === "all" || wanted.split(",").includes(name));
const said: string[] = [];
let caught = 0;
for (const { name, analysis, what, mutate, names } of chosen) {
  const { code, failed, text, seconds } = await ended(mutate(makers[analysis](list[0]!, sizes)));
  const isNamed = code !== 0 && names.test(text);
  if (isNamed) caught++;
  console.log(
    `| ${what} | ${analysis} | ${code} | ${counted(failed)} | ${isNamed ? "yes" : "NO"} | ${seconds.toFixed(0)} |`,
  );
  said.push(`${name}: ${text}`);
}
console.log(`\n${caught} of ${chosen.length} mutations end with a failed verdict that names the cause.\n`);
let alarms = 0;
for (const seed of list) {
  for (const [name, make] of Object.entries(makers)) {
    const { code, failed, text, seconds } = await ended(make(seed, sizes));
    if (code !== 0) alarms++;
    console.log(
      `unbroken ${name}, seed ${seed}: ${code}, ${counted(failed) || "nothing failed"}, ${seconds.toFixed(0)} s ${text}`,
    );
  }
}
console.log(`\n${alarms} false alarms in ${2 * list.length} unbroken analyses.\n\n${said.join("\n\n")}`);
