/** TensorFlow.js as a rival of the bench: `tfjs_rival.mjs FOLDER BACKEND THREADS`. */
import * as tf from "@tensorflow/tfjs";
import { serve } from "../../dist/bench/comparison/protocol.js";
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
  unitsBefore,
} from "./exchange.mjs";
import { scalarMaps } from "./scalar-maps.mjs";

const [folder, backend] = process.argv.slice(2);
if (backend === "wasm") {
  const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
  setWasmPaths(new URL("./node_modules/@tensorflow/tfjs-backend-wasm/dist/", import.meta.url).pathname);
}
if (backend === "node") await import("@tensorflow/tfjs-node");
await tf.setBackend(backend === "node" ? "tensorflow" : backend);

const tensor = ({ shape, data }) => tf.tensor(Float32Array.from(data), shape);
const last = (x, from, to) =>
  tf.slice(x, [...x.shape.slice(1).map(() => 0), from], [...x.shape.slice(0, -1), to - from]);
const where = (condition, a, b) => tf.where(condition, a, b === 0 ? tf.zerosLike(a) : b);
const { add, sub, mul, div, neg, exp, log, sqrt, abs, reshape } = tf;
const sum = (x) => tf.sum(x, -1);
const { softClip, splineInBin, affine } = scalarMaps({
  add,
  sub,
  mul,
  div,
  neg,
  exp,
  log,
  sqrt,
  abs,
  sum,
  where,
  last,
  reshape,
});

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
  const safe = where(isInside, x, 0);
  const [widths, heights] = [sizes(0), sizes(bins)];
  // A negative axis here reads outside of the memory of the wasm backend of 4.22.
  const ends = sub(tf.cumsum(inverse ? heights : widths, raw.rank - 1), bound);
  const below = isGreater(tf.expandDims(safe, -1), last(ends, 0, bins - 1));
  // Of the inner knots, those below x: a bin before x has its right one among them, the bin of x and those before their left one.
  const edge = last(below, 0, 1);
  const before = tf.concat([below, tf.zerosLike(edge)], -1);
  const here = sub(tf.concat([tf.onesLike(edge), below], -1), before);
  return splineInBin({ x, safe, isInside, widths, heights, before, here, raw, bins, bound, inverse });
}

const scalar = ({ transform }, x, raw, inverse) =>
  transform.kind === "affine" ? affine(x, raw, inverse) : spline(x, raw, transform, inverse);

/**
 * x weight + bias, and what follows it in one kernel. Weights are kept as [in, out]: asked to transpose, the wasm backend of 4.22
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
  let z = latent;
  for (const [at, layer] of [...layers.entries()].reverse()) {
    const given = flipped(layer, z);
    const rows = unitsBefore(layer, features, outputs);
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

await serve(async ({ case: name, task }) => {
  const { architecture, weights, y, x } = await readCase(folder, name);
  const own = new Map([...weights].map(([key, value]) => [key, tf.transpose(tensor(value))]));
  if (task === "trainingStep") return training(architecture, own, tensor(y), tensor(x));
  const [of, body] = task === "logProb" ? ["logProb", logProb] : ["sample", turned];
  return evaluation(of, body, architecture, own, tensor(y), tensor(x));
});
