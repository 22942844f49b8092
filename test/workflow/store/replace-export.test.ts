/** An export in its place: the old or the new whenever the process is killed, and nothing else is replaced. */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeNpz } from "../../../io/index.js";
import { runInProcess } from "../../cli/in-process.js";
import { randomNumbers } from "../../support/random-numbers.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-replace-export-"));
const at = (...names: string[]) => join(folder, ...names);
test.after(() => rmSync(folder, { recursive: true }));

const common = `
observables: { x: { features: 1, labels: ["p_T [GeV/c]/../../../ESCAPED"] } }
flows: { x: { kind: affine, transforms: 1, hidden: [4], training: { epochs: 2, batch: 200 } } }
morph: { x: { kind: affine, hidden: [4], training: { epochs: 2, batch: 200 } } }
likelihood: { observables: [x] }
scan: { points: 3, grid: 3, range: 1 }
report: { bins: 8 }
`;

const PLAIN = `
name: Plain
processes: { near: { yield: 150, samples: [{ file: a.npz }] }, far: { yield: 250, samples: [{ file: b.npz }] } }
nuisances: { norm: { kind: rate, processes: [far], kappa: 0.2 } }
data: { file: events.npz }
${common}`;

const call = (...words: string[]) => runInProcess([...words, ...(words[0] === "export" ? [] : ["--threads", "1"])]);

async function good(...words: string[]): Promise<string> {
  const { code, error, out } = await call(...words);
  assert.is(code, 0, error);
  return out;
}

async function refused(message: RegExp, ...words: string[]): Promise<void> {
  const { code, error } = await call(...words);
  assert.is(code, 2, error);
  assert.match(error, message);
}

const plain = at("plain.yaml");

test.before(async () => {
  writeFileSync(plain, PLAIN);
  const random = randomNumbers(5);
  const column = (count: number, mean: number) => ({
    x: { shape: [count], data: Float64Array.from({ length: count }, () => mean + 3 * (random() + random() - 1)) },
  });
  await writeNpz(at("a.npz"), column(400, 0));
  await writeNpz(at("b.npz"), column(400, 2));
  await writeNpz(at("events.npz"), column(300, 1.2));
  await good("run", plain, "--out", at("plain"));
});

const main = fileURLToPath(new URL("../../../cli/main.js", import.meta.url));

/** An export with --force that kills itself before or after it renames a folder to or from a name of this kind. */
function killedExport(place: string, moment: "before" | "after", kind: "unfinished" | "replaced"): void {
  const hook = `
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
const rename = fs.rename;
fs.rename = async (from, to) => {
  const isIt = [from, to].some((path) => path.endsWith(".${kind}"));
  if (isIt && "${moment}" === "before") process.kill(process.pid, "SIGKILL");
  await rename(from, to);
  if (isIt) process.kill(process.pid, "SIGKILL");
};
syncBuiltinESMExports();`;
  const url = `data:text/javascript,${encodeURIComponent(hook)}`;
  const words = ["export", plain, "--run", at("plain"), "--out", place, "--force", "--set", "name=Other"];
  const { signal, stderr } = spawnSync(process.execPath, ["--import", url, main, ...words], { encoding: "utf8" });
  assert.is(signal, "SIGKILL", stderr);
}

test("an export killed at any moment of its replacement leaves the old or the new, which the next command finds", async () => {
  const moments = [
    ["before", "replaced", "Plain"],
    ["after", "replaced", "Plain"],
    ["before", "unfinished", "Plain"],
    ["after", "unfinished", "Other"],
  ] as const;
  mkdirSync(at("exports"));
  const place = at("exports", "map");
  const own = join(place, "analysis.yaml");
  const write = ["export", plain, "--run", at("plain"), "--out", place];
  for (const [moment, kind, name] of moments) {
    await good(...write, ...(existsSync(place) ? ["--force"] : []));
    killedExport(place, moment, kind);
    await good("evaluate", own, "--events", at("events.npz"), "--out", at("found.npz"));
    assert.match(readFileSync(own, "utf8"), new RegExp(`^name: ${name}$`, "m"), `${moment} ${kind}`);
    await good(...write, "--force");
    assert.equal(readdirSync(at("exports")), ["map"], `${moment} ${kind}`);
  }
});

test("export --force replaces an unchanged export alone", async () => {
  const place = at("exports", "map");
  const write = ["export", plain, "--run", at("plain"), "--out", place, "--force"];
  const stays = async (path: string, message: RegExp) => {
    const before = readFileSync(path, "utf8");
    await refused(message, ...write);
    assert.is(readFileSync(path, "utf8"), before);
  };
  // Anybody's folder with a list of this name.
  renameSync(place, at("exports", "kept"));
  mkdirSync(place);
  writeFileSync(join(place, "checksums.txt"), "x\n");
  writeFileSync(join(place, "precious.txt"), "precious\n");
  await stays(
    join(place, "precious.txt"),
    /map: expected no such folder yet, or an earlier export, got something else/,
  );
  // A true list of sums of anything does not make an export.
  const sums = spawnSync("sha256sum", ["precious.txt"], { cwd: place, encoding: "utf8" }).stdout;
  writeFileSync(join(place, "checksums.txt"), sums);
  await stays(join(place, "precious.txt"), /got something else/);
  rmSync(place, { recursive: true });

  renameSync(at("exports", "kept"), place);
  mkdirSync(join(place, "sub"));
  writeFileSync(join(place, "sub", "dear.txt"), "dear");
  await stays(join(place, "sub", "dear.txt"), /got one with a file sub, which was not exported/);
  rmSync(join(place, "sub"), { recursive: true });
  const own = join(place, "analysis.yaml");
  const whole = readFileSync(own, "utf8");
  writeFileSync(own, `${whole}# my notes\n`);
  await stays(own, /got one in which analysis\.yaml was changed since\. Choose another --out, or remove it yourself/);
  writeFileSync(own, whole);
  symlinkSync(place, at("exports", "by-link"));
  await good("export", plain, "--run", at("plain"), "--out", at("exports", "by-link"), "--force");
  assert.equal(readdirSync(at("exports")).sort(), ["by-link", "map"]);
});

test.run();
