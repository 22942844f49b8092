/** Problems whose whole chain is repeated by `study:coverage`: densities are normal, so that errors are known or nearly so. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fillNormal, randomKey } from "../../engine/random/random.js";
import { poisson } from "../../inference/statistics/toys/poisson.js";
import { writeNpz } from "../../io/index.js";

type Point = Readonly<Record<string, number>>;

interface ProcessOf {
  readonly yield: number;
  /** One event from independent normal numbers, at ν. */
  readonly event: (nu: Point, normals: ArrayLike<number>) => Readonly<Record<string, number>>;
  /** Points besides the nominal one at which it is simulated. */
  readonly variations: readonly Point[];
}

export interface Scenario {
  readonly about: string;
  /** Nuisances in the order of the configuration. */
  readonly names: readonly string[];
  readonly configuration: string;
  readonly processes: Readonly<Record<string, ProcessOf>>;
  /** Normal numbers per event. */
  readonly normals: number;
  /** Events of every sample. */
  readonly simulated: number;
  /** Whether variations are shifted columns of the nominal events, in place of samples of their own. */
  readonly isPaired?: true;
  /** log of the factor on the yield of a process at ν; 0 where absent. */
  readonly logRate?: (process: string, nu: Point) => number;
  /** What simulation gets wrong, event by event. */
  readonly distorted?: (process: string, event: Readonly<Record<string, number>>) => Readonly<Record<string, number>>;
  /** Covariance of the exact likelihood, where it is known. */
  readonly exact?: readonly (readonly number[])[];
}

const nu = (at: Point, name: string) => at[name] ?? 0;

/** The mean of ln pt moves with the scale, its width in the background with the model; the rate is that of the background. */
const KINEMATICS = {
  signal: (at: Point, z: ArrayLike<number>) => ({ lpt: 4.2 + 0.05 * nu(at, "scale") + 0.4 * z[0]!, eta: z[1]! }),
  background: (at: Point, z: ArrayLike<number>) => ({
    lpt: 3.8 + 0.05 * nu(at, "scale") + 0.5 * Math.exp(0.08 * nu(at, "model")) * z[0]!,
    eta: 1.5 * z[1]!,
  }),
};

/** A mass and a score of each process, normal at given x; the mass follows the scale, the score of the background the model. */
const MEASURED = {
  signal: (at: Point, z: ArrayLike<number>) => {
    const x = KINEMATICS.signal(at, z);
    const mass = 91 + 2 * (x.lpt - 4.2) + 0.6 * nu(at, "scale") + 3 * z[2]!;
    return { ...x, mass, score: 1 + 0.3 * (x.lpt - 4) + 0.8 * z[3]! };
  },
  background: (at: Point, z: ArrayLike<number>) => {
    const x = KINEMATICS.background(at, z);
    const mass = 85 + 4 * (x.lpt - 4) + 0.6 * nu(at, "scale") + 12 * z[2]!;
    return { ...x, mass, score: -0.5 + 0.2 * Math.tanh(x.eta) + 0.15 * nu(at, "model") + z[3]! };
  },
};

const SIDES: readonly Point[] = [{ scale: 1 }, { scale: -1 }];
const processesOf = (events: Readonly<Record<"signal" | "background", ProcessOf["event"]>>) => ({
  signal: { yield: 1500, event: events.signal, variations: SIDES },
  background: { yield: 2500, event: events.background, variations: [...SIDES, { model: 1 }] },
});
const KAPPA = 0.1;
const RATE = (process: string, at: Point) => (process === "background" ? nu(at, "norm") * Math.log1p(KAPPA) : 0);

const chainText = (y: string, looksAt: string) => `
name: coverage of the chain
output: out
observables:
  x: { features: 2, columns: [lpt, eta] }
${y}
likelihood: { observables: [${looksAt}] }
processes:
  signal: { yield: 1500, samples: [SAMPLES-signal] }
  background: { yield: 2500, samples: [SAMPLES-background] }
nuisances:
  scale:
  model: { processes: [background] }
  norm: { kind: rate, processes: [background], kappa: ${KAPPA} }
data: { file: samples/data.npz }
scan: { fits: [fixed], nuisances: [norm], pairs: [[scale, model]], points: 3, grid: 3 }
impacts: { enabled: false }
`;

/**
 * Effects of the weak nuisances, shifts of the mean of one feature each in its widths: 0, 0.3, 1 and 3 times the noise of what is
 * learned of a shift from 2000 events on either side, 1/√(2 · 2000).
 */
const WEAK_EVENTS = 2000;
const NOISE = 1 / Math.sqrt(2 * WEAK_EVENTS);
const EFFECTS: Readonly<Record<string, number>> = { none: 0, weak: 0.3 * NOISE, even: NOISE, strong: 3 * NOISE };
const weakNames = Object.keys(EFFECTS);
const diagonal = (values: readonly number[]) => values.map((value, i) => values.map((_, j) => (i === j ? value : 0)));

const weakText = (name: string, features: readonly string[], nuisances: readonly string[], yields: number) => `
name: ${name}
output: out
observables: { x: { features: ${features.length}, columns: [${features.join(", ")}] } }
processes:
  only: { yield: ${yields}, samples: [SAMPLES-only] }
nuisances:
${nuisances.map((own) => `  ${own}:`).join("\n")}
likelihood: { observables: [x] }
flows: { x: { kind: affine, transforms: 1, training: { epochs: 20, batch: 200 } } }
morph: { x: { kind: affine, training: { epochs: 20, batch: 200 } } }
data: { file: samples/data.npz }
scan: { nuisances: [${nuisances[0]}], pairs: [[${nuisances[0]}, ${nuisances[1]}]], points: 3, grid: 3 }
impacts: { enabled: false }
`;

const WEAK: Scenario = {
  about:
    "four nuisances of 0, 0.3, 1 and 3 times the noise of training; 2000 simulated events in every sample, 2000 in the data",
  names: weakNames,
  configuration: weakText("weak nuisances", ["a", "b", "c", "d"], weakNames, WEAK_EVENTS),
  processes: {
    only: {
      yield: WEAK_EVENTS,
      event: (at, z) =>
        Object.fromEntries(
          ["a", "b", "c", "d"].map((column, k) => [column, z[k]! + EFFECTS[weakNames[k]!]! * nu(at, weakNames[k]!)]),
        ),
      variations: weakNames.flatMap((name) => [{ [name]: 1 }, { [name]: -1 }]),
    },
  },
  normals: 4,
  simulated: WEAK_EVENTS,
  exact: diagonal(Object.values(EFFECTS).map((effect) => 1 / (1 + WEAK_EVENTS * effect * effect))),
};

/** Two nuisances of the same effect on the same feature, 10 times the noise, so that their sum is measured and their difference is not. */
const EQUAL = 10 * NOISE;

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  chain: {
    about: "x alone: a scale, a model and a rate; 20 000 simulated events in every sample, 4000 in the data",
    names: ["scale", "model", "norm"],
    configuration: chainText("", "x"),
    processes: processesOf(KINEMATICS),
    normals: 2,
    simulated: 20_000,
    logRate: RATE,
  },
  profiled: {
    about:
      "the same with y, which simulation gets wrong: T profiled; 10 000 simulated events in every sample, 4000 in the data",
    names: ["scale", "model", "norm"],
    configuration: chainText("  y: { features: 2, columns: [mass, score] }", "x, y"),
    processes: processesOf(MEASURED),
    normals: 4,
    simulated: 10_000,
    logRate: RATE,
    distorted: (_process, event) => ({
      ...event,
      mass: 90 + (event.mass! - 90.8 - 0.5 * (event.lpt! - 4)) / 1.03,
      score: (event.score! + 0.15) / 0.95,
    }),
  },
  weak: WEAK,
  pairs: {
    ...WEAK,
    about: "the same nuisances, their variations shifted columns of the nominal events",
    isPaired: true,
  },
  equal: {
    about: "two nuisances of the same effect on the same feature, 10 times the noise of training",
    names: ["first", "second"],
    configuration: weakText("equal nuisances", ["a", "b"], ["first", "second"], WEAK_EVENTS),
    processes: {
      only: {
        yield: WEAK_EVENTS,
        event: (at, z) => ({ a: z[0]! + EQUAL * (nu(at, "first") + nu(at, "second")), b: z[1]! }),
        variations: [{ first: 1 }, { first: -1 }, { second: 1 }, { second: -1 }],
      },
    },
    normals: 2,
    simulated: WEAK_EVENTS,
    // (1 + I) and I on and off the diagonal of the information, I = N δ².
    exact: (() => {
      const information = WEAK_EVENTS * EQUAL * EQUAL;
      const determinant = 1 + 2 * information;
      const [own, other] = [(1 + information) / determinant, -information / determinant];
      return [
        [own, other],
        [other, own],
      ];
    })(),
  },
};

/** Truth of a toy, from the priors. [K] */
export function truthOf({ names }: Scenario, toy: number): number[] {
  const drawn = new Float64Array(names.length);
  fillNormal(randomKey(toy, "study/coverage/truth"), 0, drawn);
  return Array.from(drawn);
}

const textOf = (at: Point) =>
  Object.entries(at)
    .map(([name, value]) => `${name}${value > 0 ? "-up" : "-down"}`)
    .join();

/** Simulation and data of a toy, and the text of its configuration. */
export async function writeToy(scenario: Scenario, toy: number, folder: string): Promise<string> {
  const { processes, normals, simulated, isPaired, names, logRate, distorted } = scenario;
  mkdirSync(join(folder, "samples"), { recursive: true });
  const drawn = (process: string, at: Point, count: number, purpose: string) => {
    const z = new Float64Array(normals * count);
    fillNormal(randomKey(toy, `study/coverage/${purpose}`), 0, z);
    return Array.from({ length: count }, (_, i) =>
      processes[process]!.event(at, z.subarray(normals * i, normals * (i + 1))),
    );
  };
  const write = (file: string, events: readonly Readonly<Record<string, number>>[]) => {
    const columns = Object.keys(events[0]!).map((column) => {
      const data = Float64Array.from(events, (event) => event[column]!);
      return [column, { shape: [events.length], data }] as const;
    });
    return writeNpz(join(folder, "samples", file), Object.fromEntries(columns));
  };
  let { configuration } = scenario;
  const truth = truthOf(scenario, toy);
  const at = Object.fromEntries(names.map((name, k) => [name, truth[k]!]));
  const data: Readonly<Record<string, number>>[] = [];
  for (const [process, { variations, yield: expected }] of Object.entries(processes)) {
    const samples: string[] = [];
    if (isPaired) {
      const nominal = `${process}.npz`;
      // The same normal numbers at every point: the same events.
      const sides = variations.map((point) => ({
        point,
        text: textOf(point),
        events: drawn(process, point, simulated, nominal),
      }));
      const events = drawn(process, {}, simulated, nominal).map((event, i) => {
        const moved = sides.flatMap((side) =>
          Object.entries(side.events[i]!).map(([column, value]) => [`${column}-${side.text}`, value] as const),
        );
        return { ...event, ...Object.fromEntries(moved) };
      });
      await write(nominal, events);
      const columns = (text: string) => Object.keys(sides[0]!.events[0]!).map((own) => `${own}: ${own}-${text}`);
      samples.push(`{ file: samples/${nominal} }`);
      samples.push(
        ...sides.map(({ point, text }) => `{ at: ${JSON.stringify(point)}, columns: { ${columns(text).join(", ")} } }`),
      );
    }
    for (const point of isPaired ? [] : [{}, ...variations]) {
      const file = `${[process, textOf(point)].filter((part) => part !== "").join("-")}.npz`;
      await write(file, drawn(process, point, simulated, file));
      samples.push(`{ file: samples/${file}, at: ${JSON.stringify(point)} }`);
    }
    configuration = configuration.replace(`SAMPLES-${process}`, samples.join(", "));
    const count = poisson(expected * Math.exp(logRate?.(process, at) ?? 0), toy, `study/coverage/${process}/count`);
    const events = drawn(process, at, count, `data/${process}`);
    data.push(...(distorted === undefined ? events : events.map((event) => distorted(process, event))));
  }
  await write("data.npz", data);
  return `${configuration}seed: ${toy}\n`;
}
