/** Every key of the configuration file, once. nu (nuisances) is in prior standard deviations throughout. */
import { CACHE_BYTES } from "../../inference/model/likelihood/likelihood.js";
import { choice, flag, list, map, number, section, text, type ValueOf } from "./entries.js";
import { MAXIMA } from "./limits.js";

interface RecipeDefaults {
  readonly optimiser: "adam" | "adamw" | "radam";
  readonly epochs: number;
  readonly batch: number;
  readonly learningRate: number;
}

const recipe = (of: string, defaults: RecipeDefaults) =>
  section(
    {
      optimiser: choice({ doc: "Optimiser.", choices: ["adam", "adamw", "radam"], default: defaults.optimiser }),
      epochs: number({
        integer: true,
        doc: "Passes over the training sample; with a generator, parts in which its events are drawn.",
        default: defaults.epochs,
        min: 1,
        max: MAXIMA.epochs,
      }),
      batch: number({
        doc: "Events per optimiser step.",
        integer: true,
        min: 1,
        max: MAXIMA.batch,
        default: defaults.batch,
      }),
      learningRate: number({
        doc: "Learning rate at its peak, after warm-up; it decays as a cosine from there.",
        default: defaults.learningRate,
        above: 0,
        max: MAXIMA.learningRate,
      }),
      warmUp: number({
        doc: "Part of all steps in which the learning rate rises from 0.",
        default: 0.02,
        min: 0,
        max: 1,
      }),
      averaged: number({
        doc: "Part of all steps, at their end, over which the trained parameters are the mean; 0: the last ones.",
        default: 0.5,
        min: 0,
        max: 1,
      }),
      weightDecay: number({ doc: "Decoupled weight decay (adamw only).", default: 0, min: 0, max: MAXIMA.weightDecay }),
      patience: number({
        doc: "Epochs without a better validation loss after which training stops; 0: never. The last epoch is kept, unless the best is better by more than chance.",
        integer: true,
        min: 0,
        max: MAXIMA.epochs,
        default: 0,
      }),
    },
    { doc: `How ${of} is trained.` },
  );

const hidden = (sizes: readonly number[]) =>
  list(number({ doc: "Units of a layer.", integer: true, min: 1, max: MAXIMA.units }), {
    doc: "Units of each hidden layer of the masked networks.",
    default: sizes,
    minLength: 1,
    maxLength: MAXIMA.hiddenLayers,
  });

const transforms = (count: number) =>
  number({ doc: "Transforms in sequence.", integer: true, min: 1, max: MAXIMA.layers, default: count });

const splineBins = (count: number) =>
  number({
    doc: "Bins of each rational-quadratic spline.",
    integer: true,
    min: 2,
    max: MAXIMA.splineBins,
    default: count,
  });

const density = (of: string, sizes: { readonly transforms: number }, defaults: RecipeDefaults) =>
  section(
    {
      kind: choice({
        doc: "Map of one feature: rational-quadratic spline or affine.",
        choices: ["spline", "affine"],
        default: "spline",
      }),
      structure: choice({
        doc: "Autoregressive: density in one pass. Coupling: density and sampling in one pass, at least 2 features.",
        choices: ["autoregressive", "coupling"],
        default: "autoregressive",
      }),
      transforms: transforms(sizes.transforms),
      bins: splineBins(12),
      hidden: hidden([32, 32]),
      training: recipe(of, defaults),
    },
    { doc: `Normalizing flow of ${of}.` },
  );

const factorizable = (of: string, layers: number, defaults: RecipeDefaults) =>
  section(
    {
      layers: number({ doc: "Layers in sequence.", integer: true, min: 1, max: MAXIMA.layers, default: layers }),
      hidden: hidden([32, 32]),
      training: recipe(`the factorizable flow of ${of}`, defaults),
    },
    { doc: `Factorizable flow of ${of}: what the nuisances do to it.` },
  );

const columns = { doc: "Name of a column of the files, [events] or [events, width]." };

const observable = (name: "x" | "y", doc: string) => ({
  keys: {
    features: number({
      doc: "Number of features: the widths of the columns added up.",
      integer: true,
      min: 1,
      max: MAXIMA.features,
      example: 2,
    }),
    columns: list(text(columns), {
      doc: "Columns of the files that hold the features, in this order.",
      default: [name],
      minLength: 1,
      maxLength: MAXIMA.features,
      unique: true,
    }),
    labels: list(text({ doc: "Axis name, with its unit." }), {
      doc: "Axis name of each feature; empty: the name of the observable and a number.",
      default: [],
      maxLength: MAXIMA.features,
    }),
  },
  rules: { doc },
});

const x = observable("x", "Kinematics x: the context of every density of y, and observables themselves.");
const y = observable("y", "Observables y, in which the distribution of interest lives. Absent: x alone is fitted.");

/** A value of a nuisance. */
const nu = <const R extends { readonly default?: number }>(doc: string, rules?: R) =>
  number({ doc, unit: "prior standard deviations", min: -MAXIMA.nu, max: MAXIMA.nu, ...(rules as R) });

/** A point in the space of nuisances, by name; a nuisance that is not named is at its centre. */
const point = (doc: string) =>
  map(nu("Value of the nuisance."), { doc, of: "nuisance names", maxLength: MAXIMA.nuisances });

const sample = section(
  {
    file: text({
      doc: "npz or csv file with the columns of the observables, relative to this file.",
      example: "a.npz",
    }),
    at: point("Where it was simulated; empty: the nominal simulation."),
    weight: text({ doc: "Column of event weights; absent: simulation.weight.", optional: true }),
  },
  { doc: "One simulated sample of the process." },
);

const process_ = section(
  {
    label: text({ doc: "Name in pictures.", optional: true }),
    yield: number({
      doc: "Expected number of events in the data. A generator and a model file bring their own.",
      unit: "events",
      min: MAXIMA.leastYield,
      max: MAXIMA.yield,
      optional: true,
    }),
    samples: list(sample, {
      doc: "Simulated samples, one file each: nominal, and at values of the nuisances. Empty with a generator or a model.",
      default: [],
      maxLength: MAXIMA.samples,
    }),
  },
  { doc: "One process of the mixture." },
);

const nuisance = section(
  {
    kind: choice({
      doc: "shape: changes the densities, learnt from samples. rate: a log-normal factor (1 + kappa)^nu on the yields.",
      choices: ["shape", "rate"],
      default: "shape",
    }),
    label: text({ doc: "Name in pictures.", optional: true }),
    processes: list(text({ doc: "Name of a process." }), {
      doc: "Processes it acts on; empty: all.",
      default: [],
      maxLength: MAXIMA.processes,
      unique: true,
    }),
    kappa: number({
      doc: "Relative change of the yields at nu = 1 (rate only).",
      unit: "dimensionless",
      above: -1,
      max: MAXIMA.kappa,
      optional: true,
    }),
    centre: nu("Centre of the Gaussian prior, where the nominal samples were simulated.", { default: 0 }),
  },
  { doc: "One nuisance parameter." },
);

const source = text({ doc: "Where to get the file; said where it is missing.", optional: true });

const nuisanceName = text({ doc: "Name of a nuisance." });

const nuisancePair = list(nuisanceName, { doc: "Two nuisances.", minLength: 2, maxLength: 2, unique: true });

export const configurationTable = section(
  {
    name: text({ doc: "Title of the report.", default: "analysis" }),
    seed: number({
      doc: "All random numbers follow from it.",
      integer: true,
      min: 0,
      max: 0xffffffff,
      default: 1,
    }),
    output: text({ doc: "Folder of the results, relative to this file.", default: "unbinned-out" }),
    observables: section(
      { x: section(x.keys, x.rules), y: section(y.keys, { ...y.rules, optional: true }) },
      { doc: "What is measured of every event." },
    ),
    processes: map(process_, {
      doc: "Processes of the mixture, by name; their order is that of the classes of a model file.",
      of: "process names",
      maxLength: MAXIMA.processes,
      example: {
        signal: {
          yield: 20000,
          samples: [
            { file: "signal.npz" },
            { file: "signal_scale_up.npz", at: { scale: 1 } },
            { file: "signal_scale_down.npz", at: { scale: -1 } },
          ],
        },
        background: {
          yield: 30000,
          samples: [
            { file: "background.npz" },
            { file: "background_scale_up.npz", at: { scale: 1 } },
            { file: "background_scale_down.npz", at: { scale: -1 } },
          ],
        },
      },
    }),
    nuisances: map(nuisance, {
      doc: "Nuisance parameters, by name; nu is written in this order.",
      of: "nuisance names",
      maxLength: MAXIMA.nuisances,
      example: { scale: { kind: "shape" }, normalisation: { kind: "rate", processes: ["background"], kappa: 0.05 } },
    }),
    simulation: section(
      {
        generator: choice({
          doc: "Built-in generator of simulated events, in place of the samples of the processes.",
          choices: ["doi-toy"],
          optional: true,
        }),
        events: number({
          doc: "Events that the generator draws for one training, over all its epochs and samples. Absent: twenty times data.events.",
          unit: "events",
          integer: true,
          min: 1,
          max: MAXIMA.simulatedEvents,
          optional: true,
        }),
        variations: list(point("Values of the nuisances."), {
          doc: "Points at which the generator simulates, besides the nominal one. Empty: +1 and -1 of each shape nuisance, and the four corners (+1 or -1, +1 or -1) of each of fnf.pairs.",
          default: [],
          maxLength: MAXIMA.samples,
        }),
        weight: text({ doc: "Column of event weights in the samples; absent: unweighted.", optional: true }),
        heldOut: number({
          doc: "Part of every sample kept from training: one half tells whether an earlier epoch was better, the other half is for the closure tests. With a generator, whose events are new in every epoch, all of it is for the closure tests.",
          default: 0.1,
          above: 0,
          max: 0.9,
        }),
      },
      { doc: "Simulated events, from which the densities are learnt." },
    ),
    data: section(
      {
        generator: choice({
          doc: "Built-in generator of the data, in place of events.file; it simulates at `truth`.",
          choices: ["doi-toy"],
          optional: true,
        }),
        events: number({
          doc: "Events that the generator draws as data.",
          unit: "events",
          integer: true,
          min: 1,
          max: MAXIMA.events,
          default: 50_000,
        }),
      },
      { doc: "Data from a generator." },
    ),
    events: section(
      {
        file: text({
          doc: "npz or csv file of the data, relative to this file.",
          optional: true,
          example: "data.npz",
        }),
        weight: text({ doc: "Column of event weights; absent: every event counts 1.", optional: true }),
        source,
      },
      { doc: "Data from a file." },
    ),
    model: section(
      {
        file: text({
          doc: "A finished model to evaluate, in place of training: a PyTorch mixture_*.pt, relative to this file.",
          optional: true,
        }),
        activation: choice({
          doc: "Activation of its densities and of T, which the file does not hold: relu, as published and by zuko's default.",
          choices: ["relu", "elu", "silu", "tanh"],
          default: "relu",
        }),
        leastSlope: number({
          doc: "Least slope of their splines, which the file does not hold: 0.001, as published and in zuko up to 1.0.0 and since 1.5.0. Versions 1.0.1 to 1.4.1 had 0.0001.",
          default: 0.001,
          above: 0,
          max: 0.5,
        }),
        source,
      },
      { doc: "A model from a file." },
    ),
    likelihood: section(
      {
        observables: list(choice({ doc: "Observable.", choices: ["x", "y"] }), {
          doc: "What the likelihood looks at: [x] or [x, y].",
          default: ["x", "y"],
          minLength: 1,
          unique: true,
        }),
        form: choice({
          doc: "joint: p(x, y | nu). conditional: p(y | x, nu), the mixture fractions following from p(x).",
          choices: ["joint", "conditional"],
          default: "joint",
        }),
        extended: flag({ doc: "With the Poisson term of the number of events.", default: true }),
        cache: number({
          doc: "Memory for numbers of the events that are the same at every nu. With less, they are computed again and again.",
          unit: "MiB",
          min: 0,
          max: MAXIMA.cache,
          default: CACHE_BYTES / 2 ** 20,
        }),
      },
      { doc: "The likelihood." },
    ),
    flows: section(
      {
        x: density(
          "p(x | process)",
          { transforms: 2 },
          { optimiser: "adamw", epochs: 10, batch: 1024, learningRate: 2e-3 },
        ),
        y: density(
          "p(y | x, process)",
          { transforms: 2 },
          { optimiser: "adamw", epochs: 10, batch: 1024, learningRate: 2e-3 },
        ),
      },
      { doc: "Densities of the nominal simulation." },
    ),
    fnf: section(
      {
        pairs: list(nuisancePair, {
          doc: "Pairs of nuisances with a term of their own, for example [[shift, squeeze]]. Needs samples in which both are off nominal.",
          default: [],
          maxLength: MAXIMA.pairs,
        }),
        q: number({
          doc: "Damping of the terms quadratic in nu.",
          unit: "dimensionless",
          default: 0.01,
          above: 0,
          max: MAXIMA.damping,
        }),
        r: number({
          doc: "Damping of the pair terms.",
          unit: "dimensionless",
          default: 0.1,
          above: 0,
          max: MAXIMA.damping,
        }),
        x: factorizable("x", 1, { optimiser: "adamw", epochs: 10, batch: 1024, learningRate: 2e-3 }),
        y: factorizable("y", 2, { optimiser: "adamw", epochs: 10, batch: 1024, learningRate: 2e-3 }),
      },
      { doc: "Factorizable flows: the nuisances as transformations of the events." },
    ),
    transfer: section(
      {
        enabled: flag({
          doc: "Fit the map T of data to simulation; used where the likelihood looks at y.",
          default: true,
        }),
        transforms: transforms(2),
        bins: splineBins(8),
        hidden: hidden([64, 64]),
        training: recipe("T, together with nu (step 1),", {
          optimiser: "adamw",
          epochs: 25,
          batch: 1024,
          learningRate: 3e-3,
        }),
        nuisanceLearningRate: number({
          doc: "Learning rate of nu in step 1.",
          default: 5e-4,
          above: 0,
          max: MAXIMA.learningRate,
        }),
      },
      { doc: "Distribution of interest: the map T of data to simulation, per process and x." },
    ),
    ensemble: section(
      {
        replicas: number({
          doc: "Poisson-bootstrap replicas of step 1: T and nu fitted again with event weights w ~ Poisson(1); 0: none.",
          integer: true,
          min: 0,
          max: MAXIMA.replicas,
          default: 0,
        }),
        training: recipe("T and nu of each replica, from the T of the data on,", {
          optimiser: "adamw",
          epochs: 15,
          batch: 1024,
          learningRate: 3e-3,
        }),
      },
      { doc: "Ensemble of step 1: how far T and nu depend on the fluctuation of the data." },
    ),
    fit: section(
      {
        start: point("First starting point; empty: the centres of the priors."),
        bounds: list(nu("Bound."), {
          doc: "Least and largest value of every nuisance.",
          unit: "prior standard deviations",
          default: [-5, 5],
          minLength: 2,
          maxLength: 2,
        }),
        secondStart: number({
          doc: "Distance of a second starting point from the first, along every nuisance; 0: none.",
          unit: "prior standard deviations",
          default: 1,
          min: 0,
          max: MAXIMA.nu,
        }),
        minos: flag({
          doc: "Asymmetric errors as well: where the profile of -2 Delta ln L reaches 1. Takes a few fits for each nuisance.",
          default: false,
        }),
      },
      { doc: "Minimisation over nu, and its errors." },
    ),
    profile: section(
      {
        enabled: flag({ doc: "Let T respond to nu (step 2); used where T is fitted.", default: true }),
        nodes: choice({
          doc: "Values of nu in training, each event with its own and its mirror image: nodes of a Gauss-Legendre grid, drawn with their weights, or draws from the whole box.",
          choices: ["quadrature", "random"],
          default: "random",
        }),
        points: number({
          doc: "Nodes along each nuisance (quadrature only).",
          integer: true,
          min: 1,
          max: MAXIMA.nodes,
          default: 6,
        }),
        box: number({
          doc: "Half-width of the box around the fitted nu, of every nuisance alike. Absent: twice the scale.",
          unit: "prior standard deviations",
          min: MAXIMA.leastWidth,
          max: MAXIMA.nu,
          optional: true,
        }),
        scale: number({
          doc: "Scale of nu inside the residual map, of every nuisance alike. Absent: five times the error of each nuisance with T fixed, or by x alone where that is larger, at most 1.5.",
          unit: "prior standard deviations",
          min: MAXIMA.leastWidth,
          max: MAXIMA.nu,
          optional: true,
        }),
        sample: choice({
          doc: "Events by which the response is trained. model: drawn afresh from the fitted model, so that it cannot learn fluctuations of the data. data: the data themselves, as published.",
          choices: ["model", "data"],
          default: "model",
        }),
        events: number({
          doc: "Events drawn for each epoch (model only). Absent: as many as the data, at least 50000.",
          unit: "events",
          integer: true,
          min: 100,
          max: MAXIMA.events,
          optional: true,
        }),
        heldOut: number({
          doc: "Events kept from training, as a part of those of an epoch, which validate the response at values of nu drawn from the box; 0: none.",
          default: 0.1,
          min: 0,
          max: 0.5,
        }),
        kind: choice({
          doc: "What a layer of the residual map does to each feature: scale and shift it, or pass it through a spline as well.",
          choices: ["affine", "spline"],
          default: "affine",
        }),
        bins: number({
          doc: "Bins of the splines of the residual map (kind spline only).",
          integer: true,
          min: 2,
          max: MAXIMA.splineBins,
          default: 8,
        }),
        layers: number({ doc: "Layers of the residual map.", integer: true, min: 1, max: MAXIMA.layers, default: 2 }),
        hidden: hidden([128]),
        training: recipe("the response of T to nu (step 2)", {
          optimiser: "adamw",
          epochs: 5,
          batch: 1024,
          learningRate: 3e-5,
        }),
      },
      {
        doc: "Profiling of T: what its response to the nuisances has beyond undoing, exactly, what they do to the density of y.",
      },
    ),
    scan: section(
      {
        nuisances: list(nuisanceName, {
          doc: "Nuisances scanned alone; empty: all.",
          default: [],
          maxLength: MAXIMA.nuisances,
          unique: true,
        }),
        pairs: list(nuisancePair, {
          doc: "Pairs scanned together; empty: all, where there are at most four nuisances.",
          default: [],
          maxLength: MAXIMA.pairs,
        }),
        fits: list(choice({ doc: "Name of a fit.", choices: ["fixed", "averaged"] }), {
          doc: "What is scanned beside the fit that gives the result, at the same points: T fixed, and the average of the ensemble.",
          default: ["fixed", "averaged"],
          unique: true,
        }),
        points: number({
          doc: "Points of a scan in one dimension.",
          integer: true,
          min: 3,
          max: MAXIMA.scanPoints,
          default: 15,
        }),
        grid: number({
          doc: "Points per axis of a scan in two dimensions.",
          integer: true,
          min: 3,
          max: MAXIMA.gridPoints,
          default: 15,
        }),
        range: number({
          doc: "Half-width of the scan.",
          unit: "standard deviations of the fit",
          default: 4,
          min: MAXIMA.leastScanRange,
          max: MAXIMA.scanRange,
        }),
      },
      { doc: "Scans of -2 Delta ln L." },
    ),
    impacts: section(
      {
        enabled: flag({
          doc: "Find out what each nuisance, group and mode does to yields and distribution.",
          default: true,
        }),
        definitions: list(choice({ doc: "Name of a definition.", choices: ["shift", "covariance", "auxiliary"] }), {
          doc: "shift: nu at its estimate +- sigma, the others fitted again. covariance: the same for a Gaussian likelihood, without fits. auxiliary: the centre of the constraint moved by its width and all fitted again; these add up in quadrature.",
          default: ["covariance", "auxiliary"],
          minLength: 1,
          unique: true,
        }),
        groups: map(list(nuisanceName, { doc: "Members.", minLength: 1, maxLength: MAXIMA.nuisances, unique: true }), {
          doc: "Nuisances whose impacts are also given together, by the name of the group.",
          of: "group names",
          maxLength: MAXIMA.groups,
        }),
        bins: number({
          doc: "Quantiles of each feature: regions of the distribution.",
          integer: true,
          min: 1,
          max: MAXIMA.quantiles,
          default: 3,
        }),
        events: number({
          doc: "Events of the data to look at.",
          unit: "events",
          integer: true,
          min: MAXIMA.leastImpactEvents,
          max: MAXIMA.events,
          default: 20_000,
        }),
      },
      { doc: "Impacts around the fit." },
    ),
    truth: point("True values of the nuisances, where they are known (toys): shown beside the fit."),
    report: section(
      {
        bins: number({ doc: "Bins of each projection.", integer: true, min: 2, max: MAXIMA.bins, default: 40 }),
      },
      { doc: "Pictures of the report." },
    ),
  },
  { doc: "An unbinned analysis." },
);

/** The validated configuration, every default filled in. */
export type Configuration = ValueOf<typeof configurationTable>;
export type Nuisance = Configuration["nuisances"][string];
export type TrainingRecipe = Configuration["transfer"]["training"];
