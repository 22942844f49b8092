/**
 * The densities of this example, exactly: signal and background; x = (x1, x2), y = (y1, y2), dimensionless. Every variable
 * is normal given those before it, so that each nuisance is what it does to a mean or to the logarithm of a width:
 *
 *     x1 | process,   x2 | x1, process,   y1 | x, process,   y2 | y1, x, process
 *
 * Sixteen shape nuisances, in prior standard deviations, and four rates.
 */

export const VARIABLES = ["x1", "x2", "y1", "y2"];

/** Nominal mean and width of each variable, given those before it. */
const NOMINAL = {
  signal: {
    x1: { mean: () => 0.6, width: 0.5 },
    x2: { mean: ({ x1 }) => 0.3 + 0.4 * (x1 - 0.6), width: 0.6 },
    y1: { mean: ({ x1 }) => 0.5 + 0.4 * Math.tanh(x1), width: 0.6 },
    y2: { mean: ({ x2, y1 }) => 0.3 * y1 - 0.2 * x2, width: 0.7 },
  },
  background: {
    x1: { mean: () => -0.5, width: 0.9 },
    x2: { mean: ({ x1 }) => -0.3 + 0.2 * x1, width: 0.8 },
    y1: { mean: ({ x2 }) => -0.4 + 0.3 * x2, width: 0.9 },
    y2: { mean: ({ x1, y1 }) => 0.2 - 0.4 * y1 + 0.2 * Math.sin(x1), width: 0.8 },
  },
};

export const PROCESSES = Object.keys(NOMINAL);
const both = PROCESSES;
const signal = ["signal"];
const background = ["background"];

/**
 * What ν = 1 adds to means and to logarithms of widths, linear in ν but for `hardness`; `sides` are the values at which it
 * is simulated.
 */
export const SHAPES = {
  energy_scale: { on: both, mean: { x1: () => 0.06, y1: () => 0.04 } },
  resolution: { on: both, logWidth: { x1: () => 0.06 } },
  signal_mass: { on: signal, mean: { x1: () => 0.06 } },
  signal_width: { on: signal, logWidth: { x1: () => 0.05 } },
  hardness: { on: background, law: (nu) => nu + 0.15 * nu ** 2, mean: { x1: () => 0.08 } },
  recoil: { on: both, mean: { x2: () => 0.07 } },
  angular_resolution: { on: both, logWidth: { x2: () => 0.06 } },
  alignment: { on: signal, mean: { x2: ({ x1 }) => 0.16 * (x1 - 0.6) } },
  slope: { on: background, mean: { x2: ({ x1 }) => 0.07 * x1 } },
  curvature: { on: background, mean: { x2: ({ x1 }) => 0.07 * (x1 ** 2 - 0.8) } },
  pileup: { on: both, logWidth: { x2: ({ x1 }) => 0.06 * Math.tanh(x1), y1: () => 0.04 } },
  signal_modelling: { on: signal, sides: [1], mean: { x2: () => 0.08, y2: () => 0.05 } },
  background_modelling: { on: background, sides: [1], logWidth: { x2: () => 0.07 } },
  calibration: { on: both, mean: { y1: ({ x1 }) => 0.08 + 0.02 * Math.tanh(x1) } },
  smearing: { on: both, logWidth: { y1: () => 0.06, y2: () => 0.04 } },
  fragmentation: { on: signal, sides: [1], mean: { y2: ({ y1 }) => 0.08 * y1 } },
};

/** Relative change of the yields at ν = 1. */
export const RATES = {
  luminosity: { on: both, kappa: 0.02 },
  efficiency: { on: signal, kappa: 0.05 },
  signal_rate: { on: signal, kappa: 0.08 },
  background_rate: { on: background, kappa: 0.1 },
};

export const NAMES = [...Object.keys(SHAPES), ...Object.keys(RATES)];

/** Events expected at ν = 0. */
export const YIELDS = { signal: 4_000, background: 6_000 };

export function expectedYield(process, nu) {
  const logFactors = Object.entries(RATES).map(([name, { on, kappa }]) =>
    on.includes(process) ? (nu[name] ?? 0) * Math.log1p(kappa) : 0,
  );
  return YIELDS[process] * Math.exp(logFactors.reduce((sum, term) => sum + term, 0));
}

/** Per variable, mean and width as functions of the variables before it, at ν, which may leave out nuisances at 0. */
export function densityAt(process, nu) {
  const moved = Object.entries(SHAPES).filter(([name, { on }]) => on.includes(process) && (nu[name] ?? 0) !== 0);
  return VARIABLES.map((variable) => {
    const { mean, width } = NOMINAL[process][variable];
    const terms = (kind) =>
      moved.flatMap(([name, shape]) => {
        const law = shape.law ?? ((value) => value);
        return shape[kind]?.[variable] ? [{ factor: law(nu[name]), of: shape[kind][variable] }] : [];
      });
    const [means, logWidths] = [terms("mean"), terms("logWidth")];
    const total = (of, event) => of.reduce((sum, term) => sum + term.factor * term.of(event), 0);
    return {
      variable,
      mean: (event) => mean(event) + total(means, event),
      width: (event) => width * Math.exp(total(logWidths, event)),
    };
  });
}

/** What the simulation gets wrong about y, which no nuisance describes: the distribution of interest is what undoes it. */
export const distorted = ({ y1, y2 }) => ({ y1: y1 + 0.1 * Math.tanh(y1), y2: 0.95 * y2 + 0.1 });

/** The inverse of `distorted`, by Newton's method: y1 + 0.1 tanh(y1) is monotone and nearly linear. */
export function undistorted({ y1, y2 }) {
  let value = y1;
  for (let i = 0; i < 8; i++) {
    const slope = 1 + 0.1 * (1 - Math.tanh(value) ** 2);
    value -= (value + 0.1 * Math.tanh(value) - y1) / slope;
  }
  return { y1: value, y2: (y2 - 0.1) / 0.95 };
}
