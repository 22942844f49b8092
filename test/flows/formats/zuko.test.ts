/** zuko's state dicts against a twin of zuko in plain PyTorch (test/references/zuko-flows.py), and what is refused. */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../../engine/errors.js";
import { referenceBackend } from "../../../engine/reference/backend.js";
import { Tape } from "../../../engine/tape/tape.js";
import type { FlowArchitecture } from "../../../flows/architecture/architecture.js";
import { bindFlow } from "../../../flows/flow.js";
import { fromTensors, toTensors } from "../../../flows/formats/checkpoint.js";
import {
  type ForeignTensor,
  type LoadedFlow,
  loadAutoregressive,
  loadMaf,
  loadMixture,
  loadNice,
  loadNsf,
  loadSplines,
  type ZukoSettings,
} from "../../../flows/formats/zuko.js";
import { named } from "../../../flows/networks/weights.js";
import { close } from "../../support/close.js";

interface Numbers {
  readonly shape: number[];
  readonly data: number[];
}

interface Answer {
  readonly name: string;
  readonly features: number;
  readonly context: number;
  readonly stated: ZukoSettings;
  readonly tensors: Record<string, Numbers>;
  readonly x: Numbers;
  readonly contextOfEvents: Numbers;
  readonly latent: Numbers;
  readonly logProb: Numbers;
}

const answers: readonly Answer[] = JSON.parse(
  readFileSync(new URL("../../../../test/references/zuko-flows.json", import.meta.url), "utf8"),
).flows;

type Tensors = Map<string, ForeignTensor>;
type Load = (tensors: Tensors, folder?: string, settings?: ZukoSettings) => LoadedFlow<FlowArchitecture>;

const loaders: Readonly<Record<string, Load>> = { NSF: loadNsf, MAF: loadMaf, NICE: loadNice };
const loaderOf = ({ name }: Answer) => loaders[name.split(" ")[0]!]!;

const answer = (name: string) => answers.find((one) => one.name === name)!;
const tensorsOf = (name: string): Tensors => new Map(Object.entries(answer(name).tensors));

/** log p, and values in the latent space, of the events of an answer. */
async function evaluate({ architecture, weights }: LoadedFlow<FlowArchitecture>, { x, contextOfEvents }: Answer) {
  const tape = new Tape();
  const flow = bindFlow(tape, architecture, "flow");
  const features = tape.column("x", [architecture.features]);
  const context = architecture.context > 0 ? tape.column("context", [architecture.context]) : undefined;
  const latent = flow.toLatent(features, context);
  const outputs = {
    logProb: flow.logProb(features, context),
    latent: latent.value,
    back: flow.fromLatent(latent.value, context).value,
  };
  const backend = referenceBackend();
  const program = await backend.compile({ outputs });
  await program.write(named("flow", weights));
  await program.bind({
    x: Float64Array.from(x.data),
    ...(context && { context: Float64Array.from(contextOfEvents.data) }),
  });
  const result = await program.run();
  await backend.close();
  return result as Record<keyof typeof outputs, Float64Array>;
}

/** Rounding of a few hundred operations in f64, slopes up to 1e4. */
const allowed = { absolute: 1e-10, relative: 1e-10 };

for (const one of answers) {
  test(`${one.name}: log p, its latent values and their way back are PyTorch's`, async () => {
    const loaded = loaderOf(one)(new Map(Object.entries(one.tensors)), "", one.stated);
    assert.is(loaded.architecture.features, one.features);
    assert.is(loaded.architecture.context, one.context);
    const got = await evaluate(loaded, one);
    close(got.logProb, one.logProb.data, allowed, "log p");
    close(got.latent, one.latent.data, allowed, "latent");
    close(got.back, one.x.data, { absolute: 1e-7, relative: 1e-7 }, "back");
    const { metadata, tensors } = toTensors(loaded.architecture, loaded.weights);
    const kind = loaded.architecture.kind;
    assert.equal(fromTensors({ metadata, tensors }, kind).architecture, loaded.architecture);
  });
}

test("what is stated matters: another activation, slope or box changes log p", async () => {
  for (const one of answers.filter(({ stated }) => Object.keys(stated).length > 0)) {
    const got = await evaluate(loaderOf(one)(new Map(Object.entries(one.tensors))), one);
    const off = Math.max(...one.logProb.data.map((wanted, i) => Math.abs(got.logProb[i]! - wanted)));
    assert.ok(off > 0.01, `${one.name} by defaults: off by ${off}`);
  }
});

test("a flow within a file is found by its folder, and its folder is named where it is not given", async () => {
  const inFolder: Tensors = new Map([...tensorsOf("NSF")].map(([name, tensor]) => [`model.flow.${name}`, tensor]));
  const one = answer("NSF");
  close((await evaluate(loadNsf(inFolder, "model.flow"), one)).logProb, one.logProb.data, allowed, "log p");
  refuses(
    () => loadNsf(inFolder),
    /tensors of a flow of zuko .*got model\.flow\.transform.*stand at model\.flow: name/,
  );
  refuses(() => loadNsf(inFolder, "model"), /Flows of this file stand at model\.flow: name such a folder/);
  refuses(() => loadNsf(new Map()), /state dict: expected the tensors of a flow of zuko .*, got none/);
});

test("transforms without a base: loadSplines, and loadAutoregressive in zuko's order", async () => {
  const [nsf, maf] = [answer("NSF"), answer("MAF")];
  const splines = loadSplines(tensorsOf("NSF"), "transform.transforms");
  close((await evaluate(splines, nsf)).logProb, nsf.logProb.data, allowed, "splines");
  const affine = loadAutoregressive(tensorsOf("MAF"), "transform.transforms", () => ({ kind: "affine" }));
  close((await evaluate(affine, maf)).logProb, maf.logProb.data, allowed, "affine");
});

function refuses(load: () => unknown, pattern: RegExp): void {
  assert.throws(load, (error: Error) => {
    assert.instance(error, UsageError);
    assert.match(error.message, pattern);
    return true;
  });
}

const scalars = (...data: number[]): ForeignTensor => ({ shape: [data.length], data });

/** The tensors of a flow, some replaced or, where undefined, without; names are moved first. */
function changed(
  name: string,
  changes: Readonly<Record<string, ForeignTensor | undefined>>,
  move: (name: string) => string = (same) => same,
): Tensors {
  const tensors: Tensors = new Map([...tensorsOf(name)].map(([own, tensor]) => [move(own), tensor]));
  for (const [own, tensor] of Object.entries(changes)) {
    if (tensor === undefined) tensors.delete(own);
    else tensors.set(own, tensor);
  }
  return tensors;
}

const first = "transform.transforms.0";
const matrix = (rows: number, columns: number): ForeignTensor => ({
  shape: [rows, columns],
  data: new Float64Array(rows * columns),
});
const box = (side: -1 | 1) => scalars(...Array<number>(3).fill(side * (Math.PI + 1e-5)));

/** One flow of every kind that is not read, as its state dict differs from one that is. */
const others: Readonly<Record<string, readonly [Load, Tensors, RegExp]>> = {
  "NCSF of zuko 1.0 and before": [
    loadNsf,
    changed("NSF", { "base._0": box(-1), "base._1": box(1) }),
    /base\._0: expected a standard normal base, got a uniform one .* circular spline flow \(NCSF\)/,
  ],
  "NCSF since": [
    loadNsf,
    changed("NSF", { "base._0": undefined, "base._1": undefined, "base.lower": box(-1), "base.upper": box(1) }),
    /base\.lower: expected a standard normal base, got a uniform one .* circular spline flow \(NCSF\)/,
  ],
  "NCSF of one feature in float32": [
    loadNsf,
    changed("NSF of one feature", {
      "base._0": scalars(Math.fround(-Math.PI - 1e-5)),
      "base._1": scalars(Math.fround(Math.PI + 1e-5)),
    }),
    /NCSF/,
  ],
  "no base": [
    loadNsf,
    changed("NSF", { "base._0": undefined, "base._1": undefined }),
    /base: expected the base of the flow, which distinguishes .* got none.*state_dict\(\) as a whole/,
  ],
  "a base with its own width": [
    loadMaf,
    changed("MAF", { "base._1": scalars(1, 1.5, 1) }),
    /base\._1: expected a standard normal base, got another loc or scale/,
  ],
  "a base of another size": [loadMaf, changed("MAF", { "base._1": scalars(1, 1) }), /base\._1: expected a standard/],
  "a base without scale": [loadMaf, changed("MAF", { "base._1": undefined }), /base: expected loc and scale .* got _0/],
  "a base of Student's t": [loadNsf, changed("NSF", { "base._2": scalars(8) }), /base\._2: .* of another distribution/],
  "MAF as NSF": [loadNsf, changed("MAF", {}), /3K - 1 outputs per feature .*got 2: .*loadMaf reads/],
  "NSF as MAF": [loadMaf, changed("NSF", {}), /two outputs per feature, .* got 11/],
  "NSF as NICE": [loadNice, changed("NSF", {}), /a coupling transform, got an autoregressive one/],
  "NICE as MAF": [loadMaf, changed("NICE", {}), /got a coupling transform \(NICE\).*loadNice reads it/],
  "additive NICE": [
    loadNice,
    changed("NICE", {
      [`${first}.hyper.4.weight`]: matrix(1, 6),
      [`${first}.hyper.4.bias`]: scalars(0),
    }),
    /2 outputs per feature, affine, or 3K - 1, splines, got 1/,
  ],
  "SOSPF: 3 polynomials of degree 4": [
    loadNsf,
    changed("NSF of one feature without context", {
      [`${first}.phi.0`]: { shape: [1, 3, 5], data: new Float64Array(15) },
      [`${first}.phi.1`]: scalars(0),
      [`${first}.phi.2`]: undefined,
    }),
    /3K - 1 outputs per feature .* got 16/,
  ],
  "soft clips between transforms": [
    loadNsf,
    changed("NSF", {}, (name) => name.replace("transforms.1.", "transforms.2.")),
    /entries 0 to 1, got 0, 2: .*SOSPF, NAF, UNAF/,
  ],
  "GF of one feature: 10 components": [
    loadNsf,
    changed("NSF of one feature without context", {
      [`${first}.phi.0`]: matrix(1, 10),
      [`${first}.phi.1`]: matrix(1, 10),
      [`${first}.phi.2`]: undefined,
    }),
    /phi: expected parameters of 7,7,6 numbers, got 10,10/,
  ],
  "GF of three features": [
    loadNsf,
    changed("NSF of one feature", { "base._0": scalars(0, 0, 0), "base._1": scalars(1, 1, 1) }),
    /3 features, got an element-wise transform, as in GF/,
  ],
  NAF: [loadNsf, changed("NSF", { [`${first}.univariate.network.0.weight`]: matrix(3, 3) }), /\(NAF\)/],
  UNAF: [loadNsf, changed("NSF", { [`${first}.univariate.integrand.0.weight`]: matrix(3, 3) }), /\(UNAF\)/],
  CNF: [
    loadNsf,
    new Map([
      ["transform.times", scalars(0, 1)],
      ["transform.ode.0.weight", matrix(4, 4)],
      ["base._0", scalars(0)],
      ["base._1", scalars(1)],
    ]),
    /a continuous flow \(CNF\)/,
  ],
  "a permutation": [
    loadNsf,
    changed("NSF", { "transform.transforms.2._0": scalars(2, 0, 1) }),
    /transforms\.2: .*got a permutation, rotation or linear map/,
  ],
  "a permutation by name": [
    loadNsf,
    changed("NSF", { "transform.transforms.2.order": scalars(2, 0, 1) }),
    /transforms\.2: .*got "order" without a network/,
  ],
  "residual blocks": [
    loadNsf,
    changed("NSF", { [`${first}.hyper.1.0.weight`]: matrix(8, 8) }),
    /hyper: .*got residual blocks \("1\.0\.weight"\)/,
  ],
  "normalised layers": [
    loadNice,
    changed("NICE", {}, (name) => name.replace("hyper.2.", "hyper.3.").replace("hyper.4.", "hyper.6.")),
    /layers at 0, 2, 4, .* got layers at 0, 3, 6: .*Normalisation/,
  ],
  "an activation with weights": [
    loadNsf,
    changed("NSF", { [`${first}.hyper.1.weight`]: scalars(0.25) }),
    /layers at 0, 1/,
  ],
  "an adjacency matrix": [loadNsf, changed("NSF", { [`${first}.order`]: undefined }), /those of an adjacency matrix/],
  "layers without bias": [
    loadNice,
    changed("NICE", { [`${first}.hyper.0.bias`]: undefined }),
    /hyper\.0\.bias: .* none/,
  ],
  "an embedding network beside the flow": [
    loadNsf,
    changed("NSF", { "embedding.0.weight": matrix(2, 2) }),
    /tensors of the flow alone .* got "embedding\.0\.weight" too/,
  ],
  "a standardising buffer": [loadNsf, changed("NSF", { center: scalars(1, 2, 3) }), /got "center" too/],
  "a mixture of Gaussians": [loadNsf, new Map([["phi.0", scalars(0, 0)]]), /expected the tensors of a flow of zuko/],
};

for (const [name, [load, tensors, pattern]] of Object.entries(others)) {
  test(`refused by name: ${name}`, () => refuses(() => load(tensors), pattern));
}

test("a published mixture takes settings for its densities and T, not for its morphs", () => {
  const stored = JSON.parse(
    readFileSync(new URL("../../../../test/references/torch-mixture.json", import.meta.url), "utf8"),
  );
  const tensors: Tensors = new Map(
    ["mixture_model", "transfer_model"].flatMap((folder) =>
      Object.entries<Numbers>(stored[folder]).map(([name, tensor]) => [`${folder}.${name}`, tensor] as const),
    ),
  );
  const { kinematics, scores, transport } = loadMixture(tensors, { activation: "tanh", leastSlope: 1e-4, bound: 3 });
  for (const { architecture } of [kinematics.nominal, scores.nominal, transport]) {
    assert.is(architecture.activation, "tanh");
    assert.is(architecture.transform.leastSlope, 1e-4);
    assert.is(architecture.transform.kind === "spline" && architecture.transform.bound, 3);
  }
  assert.is(kinematics.morph.architecture.activation, "elu");
  const plain = loadMixture(tensors).transport.architecture;
  assert.equal([plain.activation, plain.transform.leastSlope], ["relu", undefined]);
});

test("settings that cannot be are refused", () => {
  const tensors = tensorsOf("NSF");
  refuses(() => loadNsf(tensors, "", { leastSlope: 1 }), /a least slope between 0 and 1, got 1/);
  refuses(() => loadMaf(tensorsOf("MAF"), "", { leastSlope: 0 }), /a least slope between 0 and 1, got 0/);
  refuses(() => loadNsf(tensors, "", { bound: -1 }), /a positive bound/);
  refuses(
    () => loadNsf(tensors, "", { activation: "gelu" as "relu" }),
    /"relu" or "elu" or "silu" or "tanh" for activation, got "gelu"/,
  );
});

test.run();
