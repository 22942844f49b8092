/** What a user can get wrong about data, models and options: one sentence, an exit code, nothing left behind. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readSafetensors, writeNpz } from "../../../io/index.js";
import { writeSealed } from "../../../workflow/store/checksum.js";
import { saveModel } from "../../../workflow/store/model-files.js";
import { createOutputFolder } from "../../../workflow/store/output-folder.js";
import { torchEvents, torchModel } from "../../inference/torch-mixture.js";
import { dict, global, type Opcodes, str, tensor, torchArchive, tuple } from "../../io/torch/pickle-writer.js";
import { runInProcess } from "../in-process.js";
import { rows, TORCH_FLOWS, TORCH_SAMPLES } from "../torch-files.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-wrong-"));
const at = (name: string) => join(folder, name);
const unbinned = (...words: readonly string[]) => runInProcess(words);

const TRAINED = `
output: out
observables: { x: { features: 1 }, y: { features: 2 } }
processes:
  A: { yield: 14, samples: ${TORCH_SAMPLES("data.npz")} }
  B: { yield: 18, samples: ${TORCH_SAMPLES("data.npz")} }
nuisances: { nu1: , nu2: }
data: { file: data.npz }
${TORCH_FLOWS}`;

const PUBLISHED = `
observables: { x: { features: 1 }, y: { features: 2 } }
processes: { A: , B: }
nuisances: { nu1: , nu2: }
data: { file: data.npz }
model: { file: model.pt, source: the publication }
`;

async function writePickle(name: string, pickle: Opcodes): Promise<void> {
  const archive = await torchArchive(pickle);
  writeFileSync(at(name), await archive.read(0, archive.size));
}

/** Runs `change` on the header of a safetensors file. */
async function rewrite(from: string, to: string, change: (metadata: Record<string, string>) => void): Promise<void> {
  const { tensors, metadata } = await readSafetensors(from);
  const { checksum: _, ...changed }: Record<string, string> = { ...metadata };
  change(changed);
  await writeSealed(to, tensors, changed);
}

test.before(async () => {
  writeFileSync(at("trained.yaml"), TRAINED);
  writeFileSync(at("published.yaml"), PUBLISHED);
  const columns = { x: rows(torchEvents.x), y: rows(torchEvents.y!) };
  await writeNpz(at("data.npz"), columns);
  const broken = Float64Array.from(columns.x.data);
  broken[3] = Number.NaN;
  await writeNpz(at("nan.npz"), { ...columns, x: { ...columns.x, data: broken } });
  await writeNpz(at("renamed.npz"), { mass: columns.x, Y: columns.y });
  await writeNpz(at("wide.npz"), { ...columns, x: columns.y });
  await writeNpz(at("lengths.npz"), { ...columns, x: { shape: [29, 1], data: columns.x.data.slice(1) } });
  await writeNpz(at("empty.npz"), {
    x: { shape: [0, 1], data: new Float64Array() },
    y: { shape: [0, 2], data: new Float64Array() },
  });
  writeFileSync(at("truncated.npz"), readFileSync(at("data.npz")).subarray(0, 400));
  writeFileSync(at("data.fits"), "");

  mkdirSync(at("out"));
  await saveModel(at("out"), torchModel({ hasTransport: true, hasRates: false }));
  const model = join(at("out"), "model.safetensors");
  for (const name of ["damaged", "other", "foreign", "bomb", "proto"]) mkdirSync(at(name));
  writeFileSync(join(at("damaged"), "model.safetensors"), readFileSync(model).subarray(0, 3000));
  await rewrite(model, join(at("other"), "model.safetensors"), (metadata) => {
    const key = "unbinned.mixture";
    const mixture = JSON.parse(metadata[key]!);
    mixture.architectures["x.nominal"].layers.pop();
    metadata[key] = JSON.stringify(mixture);
  });
  for (const [name, kind, bins] of [
    ["bomb", "spline", 1e9],
    ["proto", "__proto__", 4],
  ] as const) {
    await rewrite(model, join(at(name), "model.safetensors"), (metadata) => {
      const mixture = JSON.parse(metadata["unbinned.mixture"]!);
      Object.assign(mixture.architectures["y.nominal"].transform, { kind, bins });
      metadata["unbinned.mixture"] = JSON.stringify(mixture);
    });
  }
  await rewrite(model, join(at("foreign"), "model.safetensors"), (metadata) => {
    delete metadata["unbinned.mixture"];
  });

  await writePickle("hostile.pt", `\x80\x02${global("os", "system")}${tuple(str(`touch ${at("executed")}`))}R.`);
  await writePickle("other.pt", dict(str("hyper.0.weight"), tensor()));
  const archive = await torchArchive(dict(str("a"), tensor()));
  writeFileSync(at("truncated.pt"), await archive.read(0, archive.size - 60));
  writeFileSync(at("text.pt"), "not a model");
  writeFileSync(at("file"), "");
  mkdirSync(at("folder.npz"));
});
test.after(() => rmSync(folder, { recursive: true }));

interface Case {
  readonly name: string;
  readonly words: readonly string[];
  readonly message: RegExp;
}

/** `evaluate` on the trained model, at a good point unless the options name another. */
function trained(name: string, options: string, message: RegExp): Case {
  return { name, words: ["evaluate", at("trained.yaml"), ...given(options)], message };
}

function published(name: string, options: string, message: RegExp): Case {
  return { name, words: ["evaluate", at("published.yaml"), ...given(options)], message };
}

function given(options: string): string[] {
  const words = options.split(" ").map((word) => word.replace("@", `${folder}/`));
  if (!options.includes("--nu")) words.push("--nu", "0,0");
  if (!options.includes("--out")) words.push("--out", at("result.npz"));
  return words;
}

const literally = (text: string) => text.replace(/[.[\]]/g, "\\$&");
const set = (entry: string) => `--set ${entry}`;

const cases: readonly Case[] = [
  trained(
    "a missing file of events",
    set("data.file=gone.npz"),
    /trained\.yaml: data\.file: expected the file \/.*gone\.npz, got no such file\. Correct the name$/,
  ),
  trained(
    "a missing column",
    set("data.file=renamed.npz"),
    /renamed\.npz: expected a column "x", got columns "mass", "Y"$/,
  ),
  trained(
    "a missing column with a similar one",
    `${set("data.file=renamed.npz")} ${set("observables.x.columns=[mas]")}`,
    /renamed\.npz: expected a column "mas", got columns "mass", "Y"\. Did you mean "mass"\?$/,
  ),
  trained(
    "a column in other capitals",
    `${set("data.file=renamed.npz")} ${set("observables.x.columns=[mass]")}`,
    /renamed\.npz: expected a column "y", got columns "mass", "Y"\. Did you mean "Y"\?$/,
  ),
  trained(
    "NaN in a column",
    set("data.file=nan.npz"),
    /nan\.npz, column "x": expected finite values, got 1 value that is not, the first NaN in row 3 \(counted from 0\) of "x\[0\]"\. Remove these events from the sample, or repair them$/,
  ),
  trained(
    "a column of the wrong width",
    set("data.file=wide.npz"),
    /wide\.npz, column "x": expected 1 feature, got 2 features\. Name the columns that hold them, or correct the declared number of features$/,
  ),
  trained(
    "columns of different lengths",
    set("data.file=lengths.npz"),
    /lengths\.npz: expected columns of one length, got 29 events in "x" and 30 in "y"\. All columns of a sample describe the same events$/,
  ),
  trained(
    "no events",
    set("data.file=empty.npz"),
    /empty\.npz: expected at least one event, as T is fitted to them \(transport\.enabled\), got none\. An extended fit of x alone can do without$/,
  ),
  trained(
    "a truncated npz",
    set("data.file=truncated.npz"),
    /truncated\.npz: expected a zip archive that ends with its directory, got 400 bytes .*\. The file is truncated or corrupt: copy or download it again$/,
  ),
  trained(
    "a format that is not read",
    set("data.file=data.fits"),
    /data\.fits: expected a file of events: \.npz, .*\.parquet, .*\.root, \.h5, .*, got the extension "\.fits"\. Read it with astropy/,
  ),
  trained(
    "an unknown key",
    set("likelihood.extend=true"),
    /--set: expected a known key of likelihood, got extend\. Did you mean extended\?$/,
  ),
  trained(
    "an unknown entry",
    set("likelihood.form=conditonal"),
    /--set: likelihood\.form: expected .*joint.*conditional.*, got "conditonal"\. Did you mean conditional\?$/,
  ),

  trained(
    "too few values of nu",
    "--nu 0",
    /--nu: expected 2 values \(nu1, nu2\), got 1 \(0\)\. Give one value per nuisance, or name=value$/,
  ),
  trained("an unknown nuisance", "--nu nu11=1", /--nu: expected a declared nuisance, got nu11\. Did you mean nu1\?$/),
  trained("no number", "--nu 0,up", /--nu: expected numbers separated by commas, got "up"$/),
  trained(
    "nu out of range",
    "--nu 0,40",
    /--nu: expected values inside fit\.bounds \[-5, 5\], got nu2 = 40\. Correct it, or widen the bounds$/,
  ),
  trained("no events asked for", "--head 0", /--head: expected an integer of at least 1, got 0$/),
  trained(
    "more events than there are",
    "--head 31",
    /--head: expected at most 30, the events of \/.*data\.npz, got 31\. Leave it out to take all$/,
  ),
  trained("too many threads", "--threads 9999", /--threads: expected an integer from 1 to 256, got 9999$/),
  trained("an unknown backend", "--backend gpu", /--backend: expected one of auto, cpu, webgpu, reference, got gpu\b/),

  trained(
    "another number of features than the trained model has",
    `${set("observables.x.features=2")} ${set("data.file=wide.npz")}`,
    /model\.safetensors: expected a model of 2 features of x \(observables\.x\.features\), got weights of another architecture, 1 features\. Train again with `unbinned run .*trained\.yaml --force`$/,
  ),
  ...(
    [
      ["hidden units", "flows.x.hidden=[16,16]", "flows.x.hidden = [16, 16]", "flows.x.hidden = [6]"],
      [
        "kind of map",
        "flows.y.kind=affine --set flows.y.bins=null --set flows.y.bound=null",
        "flows.y.kind = affine",
        "flows.y.kind = spline",
      ],
      ["bins", "transport.bins=5", "transport.bins = 5", "transport.bins = 4"],
      ["transforms", "flows.y.transforms=3", "flows.y.transforms = 3", "flows.y.transforms = 2"],
      ["structure", "flows.y.structure=coupling", "flows.y.structure = coupling", "flows.y.structure = autoregressive"],
      ["kind of morph", "morph.x.kind=spline", "morph.x.kind = spline", "morph.x.kind = affine"],
      ["layers of a morph", "morph.x.layers=2", "morph.x.layers = 2", "morph.x.layers = 1"],
      ["pair terms", "morph.pairs=[[nu1,nu2]]", "morph.pairs = [[nu1, nu2]]", "morph.pairs = []"],
      ["damping", "morph.quadraticDamping=0.5", "morph.quadraticDamping = 0.5", "morph.quadraticDamping = 0.01"],
      ["response of T", "response.enabled=true", "response.enabled = true", "response.enabled = false"],
      ["T", "transport.enabled=false", "transport.enabled = false", "transport.enabled = true"],
    ] as const
  ).map(([name, setting, asked, found]) =>
    trained(
      `other ${name} than the trained model has`,
      set(setting),
      new RegExp(
        `out/model\\.safetensors: expected ${literally(asked)}, as .*trained\\.yaml asks for, got weights of another ` +
          `architecture, ${literally(found)}. Train again with \`unbinned run .*trained\\.yaml\`, or restore the settings$`,
      ),
    ),
  ),
  trained(
    "another order of nuisances than the trained model has",
    set('nuisances={"nu2":null,"nu1":null}'),
    /model\.safetensors: expected the nuisances that .*trained\.yaml declares: nu2 \(shape\), nu1 \(shape\), got nu1 \(shape\), nu2 \(shape\)\. Train again with `unbinned run .*trained\.yaml --force`$/,
  ),
  trained(
    "no trained model",
    set("output=nowhere"),
    /trained\.yaml: expected a trained model, \/.*nowhere\/model\.safetensors, got no such file\. Make it with `unbinned run .*trained\.yaml`, or name the folder of the run with --run$/,
  ),
  trained(
    "a damaged model",
    set("output=damaged"),
    /damaged\/model\.safetensors: expected .*, got .*3000.*\. The file is truncated/,
  ),
  trained("weights that are not those of their header", set("output=other"), /x\.nominal.*expected .*, got /),
  trained(
    "a model of a billion bins",
    set("output=bomb"),
    /bomb\/model\.safetensors: autoregressive flow: expected at most 4096 bins of a spline, got 1000000000$/,
  ),
  trained(
    "a model of a kind that objects inherit",
    set("output=proto"),
    /proto\/model\.safetensors: architecture: expected a transform of kind "affine" or "spline", got "__proto__"$/,
  ),
  trained(
    "a model of another program",
    set("output=foreign"),
    /foreign\/model\.safetensors: expected metadata "unbinned\.mixture", got none\. Is this a model that unbinned saved\?$/,
  ),

  published(
    "a missing model",
    set("model.file=gone.pt"),
    /published\.yaml: model\.file: expected the file \/.*gone\.pt, got no such file\. Download it from the publication and put it there$/,
  ),
  published(
    "a hostile pickle",
    set("model.file=hostile.pt"),
    /hostile\.pt, pickle byte 2: expected no globals but OrderedDict, .*, got the global "os\.system"; nothing was executed\. /,
  ),
  published(
    "weights of another architecture",
    set("model.file=other.pt"),
    /other\.pt: expected the tensors of a published mixture \(.*\), got weights of another architecture, without mixture_model\.kin_model\.\*: hyper\.0\.weight, \.\.\.\. Name a mixture_\*\.pt$/,
  ),
  published(
    "a truncated pt",
    set("model.file=truncated.pt"),
    /truncated\.pt: expected a zip archive .*\. The file is truncated or corrupt: copy or download it again$/,
  ),
  published(
    "a text in place of a model",
    set("model.file=text.pt"),
    /text\.pt: expected a zip archive that ends with its directory, got 11 bytes that are no zip archive\. Check that this is the file you meant$/,
  ),

  trained(
    "a result that is no npz",
    "--out @x.npy",
    /unbinned evaluate: expected --out FILE\.npz .*, got --out .*x\.npy$/,
  ),
  trained(
    "a file where the result's folder should be",
    "--out @file/x.npz",
    /file: expected a folder that can be written, got a file of that name\. Choose another with --out, or `output` in the configuration$/,
  ),
  trained(
    "a folder where the result should be",
    "--out @folder.npz",
    /folder\.npz: expected a file to write, got a folder of that name\. Choose another --out$/,
  ),
];

for (const { name, words, message } of cases) {
  test(`evaluate refuses ${name}`, async () => {
    const before = readdirSync(folder, { recursive: true }).sort();
    const { out, error, code } = await unbinned(...words);
    assert.is(code, 2, error);
    assert.is(out, "");
    assert.match(error.trimEnd(), message);
    assert.is(error.trimEnd().split("\n").length, 1, error);
    assert.equal(readdirSync(folder, { recursive: true }).sort(), before);
  });
}

test("hessian, fit, scan and kernels refuse weights of another architecture too", async () => {
  for (const verb of ["hessian", "fit", "scan", "kernels"]) {
    const { out, error, code } = await unbinned(verb, at("trained.yaml"), "--set", "flows.x.bins=7");
    assert.is(code, 2, error);
    assert.is(out, "");
    assert.match(error, /expected flows\.x\.bins = 7, as .* got weights of another architecture, flows\.x\.bins = 4\./);
  }
});

test("hessian --json where there is no minimum: covariance null and the sentence that says why", async () => {
  // One event of a mixture: -ln L is not convex, and the constraints are weaker than that.
  const { out, error, code } = await unbinned("hessian", at("trained.yaml"), "--nu", "0,0", "--head", "1", "--json");
  assert.is(code, 0, error);
  const { covariance, sigma, modes, problem, data } = JSON.parse(out);
  assert.is(covariance, null);
  assert.is(sigma, null);
  assert.equal(modes, []);
  assert.is(data.hessian.length, 2);
  assert.match(problem, /^The Hessian is not positive definite: along .* it is negative \(eigenvalue .*\)\. /);
  assert.ok(error.includes(`unbinned: warning: ${problem}\n`), error);
});

test("a folder without write permission", () => {
  const closed = at("closed");
  mkdirSync(closed);
  chmodSync(closed, 0o500);
  // The superuser may write anywhere.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    assert.throws(
      () => createOutputFolder(closed),
      /closed: expected a folder that can be written, got .*\. Choose another with --out, or `output` in the configuration$/,
    );
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});

test.run();
