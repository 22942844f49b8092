/**
 * Kill -9 at random moments of `run`: are the results those of an undisturbed run, bit by bit? `npm run study:kill [KILLS] [SEED]`.
 * Takes minutes: the analysis is small, but every start of the program costs seconds.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomKey, uniform } from "../../engine/random/random.js";
import { start } from "../cli/child-process.js";

const ANALYSIS = `
name: Killed
seed: 5
observables: { x: { features: 2 }, y: { features: 2 } }
processes: { A: , B: }
nuisances: { shift: , squeeze: }
simulation: { generator: doi-toy, events: 200000 }
data: { generator: doi-toy, events: 4000 }
truth: { shift: 0.5, squeeze: -0.5 }
morph: { pairs: [[shift, squeeze]], x: { kind: affine }, y: { kind: affine } }
flows: { x: { kind: affine, hidden: [16] }, y: { kind: affine, hidden: [16] } }
transport: { hidden: [16], bins: 4, training: { epochs: 60, batch: 256 } }
ensemble: { replicas: 2, training: { epochs: 30, batch: 256 } }
response: { layers: 1, hidden: [8], training: { epochs: 40, batch: 256 } }
scan: { points: 3, grid: 3, range: 2 }
fit: { secondStart: 0 }
`;

/** Results of a run that must not depend on what happened to it. */
const RESULTS = ["results.json", "arrays.npz", "model.safetensors", "replicas.safetensors", "report.html"];

const [kills, seed] = [Number(process.argv[2] ?? 10), Number(process.argv[3] ?? 1)];
const folder = mkdtempSync(join(tmpdir(), "unbinned-kill-"));
const file = join(folder, "analysis.yaml");
writeFileSync(file, ANALYSIS);

/** Its trainings are too short to have converged, which is a verdict: exit code 4. */
const hasFailed = (code: number | null) => code !== null && code !== 0 && code !== 4;

const words = (out: string) => ["run", file, "--out", join(folder, out), "--backend", "cpu"];

async function undisturbed(): Promise<number> {
  const from = performance.now();
  const { code, error } = await start(words("calm")).ended;
  if (hasFailed(code)) throw new Error(`the undisturbed run ended with ${code}: ${error}`);
  return performance.now() - from;
}

/** Kills the run at a moment between now and `longest`; whether it was still at work. */
async function killAt(milliseconds: number): Promise<boolean> {
  const { child, ended } = start(words("killed"));
  const timer = setTimeout(() => child.kill("SIGKILL"), milliseconds);
  const { code, error } = await ended;
  clearTimeout(timer);
  if (hasFailed(code)) throw new Error(`a resumed run ended with ${code}: ${error}`);
  return code === null;
}

const whole = await undisturbed();
console.log(`undisturbed: ${(whole / 1000).toFixed(1)} s`);
const key = randomKey(seed, "kill");
let done = 0;
for (let trial = 0; done < kills; trial++) {
  // A run that is done is begun again: kills then fall into its reading of finished steps and its writing of results.
  const moment = uniform(key, trial) * (whole / 4);
  const wasKilled = await killAt(moment);
  if (wasKilled) done += 1;
  const state = existsSync(join(folder, "killed", "results.json")) ? "results are there" : "unfinished";
  console.log(`${wasKilled ? `kill ${done}` : "done before the kill"} after ${(moment / 1000).toFixed(2)} s: ${state}`);
  if (!wasKilled) rmSync(join(folder, "killed", "steps"), { recursive: true });
}
const { code, error } = await start(words("killed")).ended;
if (hasFailed(code)) throw new Error(`the last run ended with ${code}: ${error}`);
const unlike = RESULTS.filter(
  (name) => !readFileSync(join(folder, "calm", name)).equals(readFileSync(join(folder, "killed", name))),
);
rmSync(folder, { recursive: true });
console.log(unlike.length === 0 ? `bit-equal after ${kills} kills` : `NOT equal: ${unlike.join(", ")}`);
process.exitCode = unlike.length === 0 ? 0 : 1;
