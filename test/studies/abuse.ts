/**
 * A day of abuse: hostile files, flipped bits, signals, full disks, closed pipes, several owners of a folder. `npm run study:abuse [ROUNDS]
 * [SEED] [TRIAL ...]`. Ends with 1 where anything was
 * wrong; docs/studies/abuse.md keeps its tables.
 */
import { openArena } from "../abuse/arena.js";
import { type Finding, TRIALS, type Trial } from "../abuse/trials.js";

const [rounds, seed] = [Number(process.argv[2] ?? 5), Number(process.argv[3] ?? 1)];
const wanted = process.argv.slice(4);
const arena = await openArena();
const rows: string[] = [];
let wrong = 0;
try {
  for (const [name, trial] of Object.entries<Trial>(TRIALS)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const found: Finding[] = [];
    for await (const one of trial(arena, { rounds, seed, isQuick: false })) {
      found.push(one);
      const cost = `${one.seconds.toFixed(1)} s, ${one.mebibytes.toFixed(0)} MiB`;
      console.log(
        `${one.problem === undefined ? "ok   " : "WRONG"} ${one.what}: ${one.problem ?? one.answer} (${cost})`,
      );
    }
    const bad = found.filter(({ problem }) => problem !== undefined);
    wrong += bad.length;
    const most = (of: (one: Finding) => number) => Math.max(0, ...found.map(of));
    rows.push(
      `| ${name} | ${found.length} | ${bad.length} | ${most(({ seconds }) => seconds).toFixed(1)} | ${most(({ mebibytes }) => mebibytes).toFixed(0)} |`,
    );
  }
} finally {
  arena.remove();
}
console.log(
  `\n| trial | attacks | wrong | longest, s | most memory, MiB |\n| --- | --- | --- | --- | --- |\n${rows.join("\n")}`,
);
process.exitCode = wrong === 0 ? 0 : 1;
