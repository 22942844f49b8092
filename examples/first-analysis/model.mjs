/**
 * The densities of this example, exactly. Two processes; x = (pt, eta), y = (mass, score): pt and mass in GeV, eta and score
 * dimensionless, score in (0, 1). A trigger takes pt > 25 GeV. Three nuisances, in prior standard deviations:
 *
 *     scale          the energy scale: 5% of pt and of mass, both processes
 *     model          another generator of the background: a harder spectrum and another score
 *     normalisation  a rate: 10% of the background
 */

export const PROCESSES = ["signal", "background"];
export const NAMES = ["scale", "model", "normalisation"];

/** Where the data are; `truth` of analysis.yaml has the same numbers. */
export const TRUTH = { scale: -0.8, model: 0.6, normalisation: 0.5 };

/** Events expected behind the trigger at ν = 0. */
export const YIELDS = { signal: 2_000, background: 4_000 };

/** GeV. */
const THRESHOLD = 25;

const KAPPA = 0.1;

const scaleAt = (nu) => 1 + 0.05 * (nu.scale ?? 0);

/**
 * Spectra of the true pt, before the trigger: the fraction above t, its inverse, and -d/dt of it. A Weibull distribution,
 * and a Lomax distribution, whose tail is a power: pt^-5.5 at ν = 0.
 */
const SPECTRA = {
  signal: () => {
    const [width, shape] = [110, 1.8];
    return {
      above: (t) => Math.exp(-((t / width) ** shape)),
      quantile: (u) => width * (-Math.log(u)) ** (1 / shape),
      logDensity: (t) => Math.log((shape / width) * (t / width) ** (shape - 1)) - (t / width) ** shape,
    };
  },
  background: (nu) => {
    const [width, power] = [70, 4.5 * Math.exp(-0.15 * (nu.model ?? 0))];
    return {
      above: (t) => (1 + t / width) ** -power,
      quantile: (u) => width * (u ** (-1 / power) - 1),
      logDensity: (t) => Math.log(power / width) - (power + 1) * Math.log(1 + t / width),
    };
  },
};

/** eta lies in ±2.4: (1 + b cos(π eta / 2.4)) / 4.8. */
const ETA_MAX = 2.4;
const CENTRAL = { signal: 0.8, background: 0.3 };
const etaDensity = (process, eta) => (1 + CENTRAL[process] * Math.cos((Math.PI * eta) / ETA_MAX)) / (2 * ETA_MAX);

/** Mean and width of the mass given the true pt (the signal), or of its logarithm (the background). */
const MASS = {
  signal: ({ pt }) => ({ mean: 125 + 0.03 * (pt - 100), width: 11 }),
  background: ({ pt }) => ({ mean: Math.log(95) + 0.1 * Math.log(pt / 50), width: 0.35 }),
};

/** Mean and width of ln(score / (1 - score)) given all the rest. */
const SCORE = {
  signal: ({ pt }) => ({ mean: 1.1 + 0.3 * Math.log(pt / 100), width: 0.8 }),
  background: ({ eta, mass }, nu) => ({
    mean: -0.8 + 0.2 * Math.tanh(eta) + 0.3 * Math.log(mass / 95) + 0.15 * (nu.model ?? 0),
    width: 1,
  }),
};

const logit = (score) => Math.log(score / (1 - score));
const logistic = (value) => 1 / (1 + Math.exp(-value));

/** Fraction of the events of a process that the trigger takes. */
export const acceptance = (process, nu) => SPECTRA[process](nu).above(THRESHOLD / scaleAt(nu));

export function expectedYield(process, nu) {
  const rate = process === "background" ? (1 + KAPPA) ** (nu.normalisation ?? 0) : 1;
  return (YIELDS[process] * rate * acceptance(process, nu)) / acceptance(process, {});
}

/**
 * One event before the trigger, as it is measured at ν, with the true pt, which no nuisance changes.
 *
 * @param uniforms  three numbers in (0, 1)
 * @param normals   two standard normal numbers
 */
export function eventAt(process, nu, [forPt, forEta, forRejection], normals) {
  const truePt = SPECTRA[process](nu).quantile(forPt);
  const eta = ETA_MAX * (2 * forEta - 1);
  // Reflected where a rejection would take another: cos(π (2.4 - |eta|) / 2.4) is -cos(π eta / 2.4).
  const isKept = forRejection < etaDensity(process, eta) * ETA_MAX;
  const event = { pt: truePt, eta: isKept ? eta : Math.sign(eta) * (ETA_MAX - Math.abs(eta)) };
  const { mean, width } = MASS[process](event);
  const value = mean + width * normals[0];
  event.mass = process === "signal" ? value : Math.exp(value);
  const own = SCORE[process](event, nu);
  event.score = logistic(own.mean + own.width * normals[1]);
  return { ...event, pt: event.pt * scaleAt(nu), mass: event.mass * scaleAt(nu), truePt };
}

export const isTriggered = ({ pt }) => pt > THRESHOLD;

const logNormal = (value, { mean, width }) =>
  -0.5 * ((value - mean) / width) ** 2 - Math.log(width * Math.sqrt(2 * Math.PI));

/** log p(pt, eta) of a triggered event. */
export function logDensityOfX(process, { pt, eta }, nu) {
  const [spectrum, scale] = [SPECTRA[process](nu), scaleAt(nu)];
  const ofPt = spectrum.logDensity(pt / scale) - Math.log(scale) - Math.log(acceptance(process, nu));
  return ofPt + Math.log(etaDensity(process, eta));
}

/** log p(mass, score | pt, eta) of simulation. */
export function logDensityOfY(process, { pt, eta, mass, score }, nu) {
  const scale = scaleAt(nu);
  const own = { pt: pt / scale, eta, mass: mass / scale };
  const moments = MASS[process](own);
  const ofMass =
    process === "signal" ? logNormal(own.mass, moments) : logNormal(Math.log(own.mass), moments) - Math.log(own.mass);
  const ofScore = logNormal(logit(score), SCORE[process](own, nu)) - Math.log(score * (1 - score));
  return ofMass - Math.log(scale) + ofScore;
}

/** What simulation gets wrong: the mass by 1.5% and 1 GeV, and the score, in the signal more in forward direction. */
const scoreShift = (process, eta) => (process === "signal" ? 0.15 + 0.05 * Math.abs(eta) : 0.1);

/** From simulation to data: what `unbinned apply` has to find. */
export const corrected = (process, event) => ({
  ...event,
  mass: 1.015 * event.mass - 1,
  score: logistic(0.95 * logit(event.score) + scoreShift(process, event.eta)),
});

/** From data to simulation: T itself, and its log |det|. */
export function transported(process, event) {
  const score = logistic((logit(event.score) - scoreShift(process, event.eta)) / 0.95);
  const logDet =
    Math.log(score * (1 - score)) - Math.log(event.score * (1 - event.score)) - Math.log(0.95) - Math.log(1.015);
  return { event: { ...event, mass: (event.mass + 1) / 1.015, score }, logDet };
}
