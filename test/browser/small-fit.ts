/** What browser and Node both compute: an extended likelihood fit, a short training of a flow, and its log-density. */
import {
  adam,
  add,
  autoregressiveFlow,
  type Backend,
  bindFlow,
  div,
  exp,
  fillUniform,
  gradient,
  hessian,
  initialise,
  log,
  minimise,
  mul,
  named,
  neg,
  type Objective,
  randomKey,
  reshape,
  slice,
  square,
  sub,
  sumEvents,
  Tape,
  train,
} from "unbinned";

export interface SmallFit {
  readonly status: string;
  readonly nll: number;
  readonly estimate: readonly number[];
  readonly sigma: readonly number[];
  /** Mean negative log-density before and after training, nats per event. */
  readonly losses: readonly number[];
  /** Of the first events before training: what rounding differs by, Adam makes larger wherever a gradient is nearly zero. */
  readonly logProb: readonly number[];
}

const EVENTS = 3000;
const SIGNAL = 0.3;
/** The window of x is [0, WINDOW], over which the background is flat. */
const WINDOW = 10;

/**
 * Sums of twelve uniform numbers, less 6: mean 0, variance 1. Additions only, and so the same bits in every JavaScript engine,
 * which logarithm and cosine need not have.
 */
function nearlyNormal(purpose: string, count: number): Float64Array {
  const uniforms = new Float64Array(12 * count);
  fillUniform(randomKey(1, purpose), 0, uniforms);
  return Float64Array.from({ length: count }, (_, e) =>
    uniforms.subarray(12 * e, 12 * e + 12).reduce((sum, u) => sum + u, -6),
  );
}

/** A signal peak at 4 of width 0.7 on a flat background. */
function peakOnBackground(): Float64Array {
  const x = new Float64Array(EVENTS);
  fillUniform(randomKey(1, "background"), 0, x);
  const signal = nearlyNormal("signal", SIGNAL * EVENTS);
  return x.map((u, e) => (e < signal.length ? 4 + 0.7 * signal[e]! : WINDOW * u));
}

/** -log L of the logarithms of both yields, mean and log width of the peak; extended. */
async function fit(backend: Backend) {
  const names = ["log signal", "log background", "mean", "log width"];
  const tape = new Tape();
  const x = tape.column("x");
  const nu = tape.parameter("nu", [4]);
  const [logSignal, logBackground, mean, logWidth] = [0, 1, 2, 3].map((k) => reshape(slice(nu, 0, k, k + 1), []));
  const pull = mul(sub(x, mean!), exp(neg(logWidth!)));
  const peak = sub(mul(square(pull), -0.5), add(logWidth!, 0.5 * Math.log(2 * Math.PI)));
  const density = add(exp(add(logSignal!, peak)), exp(sub(logBackground!, Math.log(WINDOW))));
  const nll = sub(add(exp(logSignal!), exp(logBackground!)), sumEvents(log(density)));
  const [slope] = gradient(nll, [nu]);
  const program = await backend.compile({ outputs: { nll, slope: slope!, curvature: hessian(nll, nu) } });
  await program.bind({ x: peakOnBackground() });
  const objective: Objective = {
    names,
    async evaluate(point) {
      await program.write({ nu: point });
      const result = await program.run();
      return { nll: result.nll![0]!, gradient: result.slope!, hessian: result.curvature! };
    },
  };
  const found = await minimise(objective, { start: [6, 7, 4.5, 0] });
  await program.close();
  return found;
}

const flow = autoregressiveFlow({
  features: 2,
  hidden: [16],
  transforms: 2,
  transform: { kind: "spline", bins: 4, bound: 4 },
});

/** A few epochs on two correlated features, and the log-densities of the first events before them. */
async function training(backend: Backend) {
  const count = 1024;
  const [a, b] = [nearlyNormal("a", count), nearlyNormal("b", count)];
  const y = Float64Array.from({ length: 2 * count }, (_, i) =>
    i < count ? a[i]! : 0.8 * a[i - count]! + 0.6 * b[i - count]!,
  );
  const sample = { events: { columns: { y }, count } };
  const initial = named("flow", initialise(flow, 1));
  const { history, initialValidationLoss } = await train({
    backend,
    model: (tape, { events }) => {
      const bound = bindFlow(tape, flow, "flow");
      return {
        loss: div(neg(sumEvents(bound.logProb(tape.column("y", [2])))), events!),
        trainable: [{ parameters: [...bound.trainable.values()], optimiser: adam({ learningRate: 5e-3 }) }],
      };
    },
    initial,
    data: sample,
    validation: sample,
    batch: 128,
    epochs: 5,
    seed: 1,
    purpose: "small fit",
  });
  const tape = new Tape();
  const program = await backend.compile({
    outputs: { logProb: bindFlow(tape, flow, "flow").logProb(tape.column("y", [2])) },
  });
  await program.bind({ y });
  await program.write(initial);
  const { logProb } = await program.run({ range: { events: [0, 8] } });
  await program.close();
  return { losses: [initialValidationLoss!, ...history.map((epoch) => epoch.validationLoss!)], logProb: [...logProb!] };
}

export async function smallFit(backend: Backend): Promise<SmallFit> {
  const { status, nll, estimate, covariance } = await fit(backend);
  return { status, nll: nll!, estimate: estimate.values, sigma: covariance!.sigma, ...(await training(backend)) };
}
