/** TensorFlow.js as a rival of the bench: `tfjs_rival.mjs FOLDER BACKEND THREADS`. */
import * as tf from "@tensorflow/tfjs";
import { serve } from "../../dist/bench/rival-protocol.js";
import {
  BETA1,
  BETA2,
  CHECKED_STEPS,
  CLIP,
  EPSILON,
  HALF_LOG_2PI,
  isReversed,
  LEARNING_RATE,
  masks,
  outputsOf,
  readCase,
  shuffled,
} from "./exchange.mjs";

const [folder, backend] = process.argv.slice(2);
if (backend === "wasm") {
  const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
  setWasmPaths(new URL("./node_modules/@tensorflow/tfjs-backend-wasm/dist/", import.meta.url).pathname);
}
await tf.setBackend(backend);

const { add, sub, mul, div, exp } = tf;
const tensor = ({ shape, data }) => tf.tensor(Float32Array.from(data), shape);
const last = (x, from, to) =>
  tf.slice(x, [...x.shape.slice(1).map(() => 0), from], [...x.shape.slice(0, -1), to - from]);
const softClip = (x, limit) => div(x, add(mul(tf.abs(x), 1 / limit), 1));

// The library knows no derivatives of comparisons, not even that there are none to follow.

/** Is x within (-bound, bound]? */
const isWithin = (x, bound) =>
  tf.customGrad((own) => ({
    value: tf.logicalAnd(tf.greater(own, -bound), tf.lessEqual(own, bound)),
    gradFunc: () => tf.zerosLike(own),
  }))(x);

/** 1 where a > b, else 0. */
const isGreater = tf.customGrad((a, b) => ({
  value: tf.cast(tf.greater(a, b), "float32"),
  gradFunc: () => [tf.zerosLike(a), tf.zerosLike(b)],
}));

function spline(x, raw, { bins, bound }, inverse) {
  const sizes = (from) => mul(tf.softmax(softClip(last(raw, from, from + bins), CLIP / 2)), 2 * bound);
  const isInside = isWithin(x, bound);
  const safe = tf.where(isInside, x, tf.zerosLike(x));
  const [widths, heights] = [sizes(0), sizes(bins)];
  // A negative axis here reads outside of the memory of the wasm backend of 4.22.
  const ends = sub(tf.cumsum(inverse ? heights : widths, raw.rank - 1), bound);
  const below = isGreater(tf.expandDims(safe, -1), last(ends, 0, bins - 1));
  // Of the inner knots, those below x: a bin before x has its right one among them, the bin of x and those before their left one.
  const edge = last(below, 0, 1);
  const before = tf.concat([below, tf.zerosLike(edge)], -1);
  const here = sub(tf.concat([tf.onesLike(edge), below], -1), before);
  return finish({ x, safe, isInside, widths, heights, before, here, raw, bins, bound, inverse });
}

function finish({ x, safe, isInside, widths, heights, before, here, raw, bins, bound, inverse }) {
  const pick = (which, values) => tf.sum(mul(which, values), -1);
  const inner = last(raw, 2 * bins, 3 * bins - 1);
  const slope = (logit) => exp(softClip(logit, CLIP));
  const d0 = slope(pick(last(here, 1, bins), inner));
  const d1 = slope(pick(last(here, 0, bins - 1), inner));
  const [x0, width] = [sub(pick(before, widths), bound), pick(here, widths)];
  const [y0, height] = [sub(pick(before, heights), bound), pick(here, heights)];
  const mean = div(height, width);
  const q = sub(add(d0, d1), mul(mean, 2));
  let zeta;
  let value;
  if (inverse) {
    const u = sub(safe, y0);
    const a = add(mul(height, sub(mean, d0)), mul(u, q));
    const b = sub(mul(height, d0), mul(u, q));
    const root = tf.sqrt(add(mul(b, b), mul(mul(mul(a, mean), u), 4)));
    zeta = div(mul(mul(mean, u), 2), add(b, root));
    value = add(x0, mul(zeta, width));
  } else {
    zeta = div(sub(safe, x0), width);
    const product = mul(zeta, sub(1, zeta));
    const top = add(mul(mean, mul(zeta, zeta)), mul(d0, product));
    value = add(y0, div(mul(height, top), add(mean, mul(q, product))));
  }
  const rest = sub(1, zeta);
  const product = mul(zeta, rest);
  const ratio = div(mean, add(mean, mul(q, product)));
  const ends = add(mul(d1, mul(zeta, zeta)), mul(d0, mul(rest, rest)));
  const logSlope = tf.log(mul(add(ends, mul(mul(mean, 2), product)), mul(ratio, ratio)));
  return { value: tf.where(isInside, value, x), logSlope: tf.where(isInside, logSlope, tf.zerosLike(x)) };
}

function affine(x, raw, inverse) {
  const [s, t] = [softClip(tf.reshape(last(raw, 0, 1), x.shape), Math.log(1000)), tf.reshape(last(raw, 1, 2), x.shape)];
  if (inverse) return { value: mul(sub(x, t), exp(tf.neg(s))), logSlope: tf.neg(s) };
  return { value: add(mul(x, exp(s)), t), logSlope: s };
}

const scalar = ({ transform }, x, raw, inverse) =>
  transform.kind === "affine" ? affine(x, raw, inverse) : spline(x, raw, transform, inverse);

/**
 * x weight + bias, and what follows it in one kernel. Weights are kept as [in, out]: told to transpose, the wasm backend of 4.22
 * puts out wrong numbers.
 */
const linear = (a, weight, bias, activation) => tf.fused.matMul({ a, b: weight, bias, activation });

const masksOf = (architecture) =>
  architecture.layers.map(({ hidden }) =>
    masks(architecture, hidden, outputsOf(architecture)).map((mask) => tf.transpose(tensor(mask))),
  );

/** Weights times masks, by layer of the flow: [{ weight, bias }, ...]. Once per step, or once and for all. */
const effective = (allMasks, weights) =>
  allMasks.map((own, layer) =>
    own.map((mask, at) => ({
      weight: mul(weights.get(`transforms.${layer}.${at}.weight`), mask),
      bias: weights.get(`transforms.${layer}.${at}.bias`),
    })),
  );

const flipped = (layer, y) => (isReversed(layer) ? tf.reverse(y, -1) : y);

function logProb(architecture, nets, y, x) {
  const { features, layers } = architecture;
  let z = y;
  let logDet = tf.scalar(0);
  for (const [at, layer] of layers.entries()) {
    const known = flipped(layer, z);
    let h = tf.concat([x, last(known, 0, features - 1)], -1);
    for (const [i, { weight, bias }] of nets[at].entries()) {
      h = linear(h, weight, bias, i < nets[at].length - 1 ? "relu" : "linear");
    }
    const raw = tf.reshape(h, [h.shape[0], features, outputsOf(architecture)]);
    const { value, logSlope } = scalar(architecture, known, raw, false);
    z = flipped(layer, value);
    logDet = add(logDet, tf.sum(logSlope, -1));
  }
  return sub(sub(logDet, mul(tf.sum(mul(z, z), -1), 0.5)), features * HALF_LOG_2PI);
}

/** Each hidden unit once, as soon as what it sees is known. */
function sample(architecture, nets, latent, x) {
  const { features, layers } = architecture;
  const outputs = outputsOf(architecture);
  const ends = (counts) => counts.map((_, d) => counts.slice(0, d + 1).reduce((a, b) => a + b));
  let z = latent;
  for (const [at, layer] of [...layers.entries()].reverse()) {
    const given = flipped(layer, z);
    const rows = [...layer.hidden, Array(features).fill(outputs)].map((counts) => [0, ...ends(counts)]);
    const known = [x];
    const values = [];
    for (let d = 0; d < features; d++) {
      let h;
      for (const [i, { weight, bias }] of nets[at].entries()) {
        const [from, count] = [rows[i][d], rows[i][d + 1] - rows[i][d]];
        const isLast = i === nets[at].length - 1;
        const own = tf.slice(weight, [0, from], [known[i].shape[1], count]);
        h = linear(known[i], own, tf.slice(bias, [from], [count]), isLast ? "linear" : "relu");
        if (!isLast) known[i + 1] = d === 0 ? h : tf.concat([known[i + 1], h], -1);
      }
      const raw = tf.reshape(h, [h.shape[0], 1, outputs]);
      values.push(scalar(architecture, last(given, d, d + 1), raw, true).value);
      known[0] = tf.concat([known[0], values[d]], -1);
    }
    z = flipped(layer, tf.concat(values, -1));
  }
  return z;
}

function training(architecture, weights, y, x) {
  const variables = new Map([...weights].map(([name, own]) => [name, tf.variable(own)]));
  const allMasks = masksOf(architecture);
  const optimiser = tf.train.adam(LEARNING_RATE, BETA1, BETA2, EPSILON);
  let step = 0;
  const run = () =>
    tf.tidy(() => {
      step += 1;
      const order = tf.tensor1d(shuffled(y.shape[0], step), "int32");
      const [ownY, ownX] = [tf.gather(y, order), tf.gather(x, order)];
      const loss = () => tf.neg(tf.mean(logProb(architecture, effective(allMasks, variables), ownY, ownX)));
      return optimiser.minimize(loss, true, [...variables.values()]);
    });
  const check = async () => {
    const losses = [];
    for (let s = 0; s < CHECKED_STEPS; s++) {
      const loss = run();
      losses.push((await loss.data())[0]);
      loss.dispose();
    }
    return { losses };
  };
  const close = async () => tf.dispose([...variables.values(), y, x]);
  return { check, call: async () => run().dispose(), repeats: 1, close };
}

function evaluation(name, body, architecture, weights, y, x) {
  const nets = tf.tidy(() => effective(masksOf(architecture), weights));
  const run = () => tf.tidy(() => body(architecture, nets, y, x));
  const check = async () => ({ [name]: await run().data() });
  return { check, call: async () => run().dispose(), repeats: 1, close: async () => tf.dispose([y, x]) };
}

const turned = (architecture, nets, z, x) => tf.transpose(sample(architecture, nets, z, x));

await serve({ version: tf.version_core }, async ({ case: name, task }) => {
  const { architecture, weights, y, x } = await readCase(folder, name);
  const own = new Map([...weights].map(([key, value]) => [key, tf.transpose(tensor(value))]));
  if (task === "trainingStep") return training(architecture, own, tensor(y), tensor(x));
  const [of, body] = task === "logProb" ? ["logProb", logProb] : ["sample", turned];
  return evaluation(of, body, architecture, own, tensor(y), tensor(x));
});
