/**
 * Compositions that no fit can be made of, each one change of a sound one, and what is said of it: one sentence with exit code 2, or where only
 * the fit shows it the verdict on that with exit code 3.
 */
import { failed, type HostileComposition, refused } from "./changed-composition.js";

const sample = (file: string) => ["data.npz", file] as const;
const LIKELIHOODS = "{ fit: { density: model, sample: data } }";
const likelihood = (text: string) => [LIKELIHOODS, text] as const;
const model = (text: string) => ["model: { mixture: { s: ns, b: nb } }", text] as const;
const region = (text: string) => ["sample: data }", `sample: data, region: ${text} }`] as const;

export const HOSTILE_COMPOSITIONS: Readonly<Record<string, HostileComposition>> = {
  // Types and keys.
  "a list for the columns": refused(/a\.yaml:1:1: columns: expected a map from column names to .*, got \["m"/, [
    "columns: { m: { range: [0, 10] }, t: {}, kind: { values: [0, 1] } }",
    "columns: [m, t, kind]",
  ]),
  "a text for the parameters": refused(/parameters: expected a map from parameter names to .*, got "none"/, [
    "parameters: {",
    "parameters: none\nother: {",
  ]),
  "a number for the likelihoods": refused(
    /likelihoods: expected a map from likelihood names to .*, got 3/,
    likelihood("3"),
  ),
  "no likelihood": refused(/likelihoods: expected at least one likelihood, got none/, likelihood("{}")),
  "an unknown key at the top": refused(/2:1: sampels: expected a known key, .* Did you mean samples\?/, [
    "samples:",
    "sampels: {}\nsamples:",
  ]),
  "an unknown key of a channel": refused(/10:53: likelihoods\.fit\.wieght: expected a known key/, [
    "sample: data }",
    "sample: data, wieght: w }",
  ]),
  "an unknown kind of density": refused(/densities\.flat\.unifrom: .* Did you mean uniform\?/, [
    "uniform: m",
    "unifrom: m",
  ]),
  "two kinds of a density": refused(
    /densities\.flat: expected a map with one of the keys .*, got uniform and generic/,
    ["{ uniform: m }", "{ uniform: m, generic: { x: m, expression: m } }"],
  ),
  "a density of the wrong shape": refused(/uniform\.x: expected a text, got \["m","t"\]/, [
    "uniform: m",
    "uniform: [m, t]",
  ]),
  "a boolean for a number": refused(/parameters\.nb\.start: expected a number .*, got true/, ["nb: 170", "nb: true"]),
  "a quoted number": refused(/parameters\.nb\.start: expected a number .* Write 170/, ["nb: 170", 'nb: "170"']),
  "a number in words of another language": refused(/parameters\.nb\.start: expected a number .*, got "1_70"/, [
    "nb: 170",
    "nb: 1_70",
  ]),
  "a range of three": refused(/parameters\.ns\.range: expected a list of 2, .* got 3/, [
    "range: [0, 500]",
    "range: [0, 10, 500]",
  ]),
  // Numbers.
  "a start that is not a number": refused(/parameters\.nb\.start: .* got NaN/, ["nb: 170", "nb: .nan"]),
  "an infinite start": refused(/parameters\.nb\.start: .* got Infinity/, ["nb: 170", "nb: .inf"]),
  "a huge start": refused(/parameters\.nb\.start: .* up to 1e\+300, got 1e\+308/, ["nb: 170", "nb: 1e308"]),
  "a reversed range of a column": refused(/columns\.m: expected a range from low to high, got \[10, 0\]/, [
    "{ range: [0, 10] }",
    "{ range: [10, 0] }",
  ]),
  "an empty range of a column": refused(/columns\.m: expected a range from low to high, got \[5, 5\]/, [
    "{ range: [0, 10] }",
    "{ range: [5, 5] }",
  ]),
  "a reversed range of a parameter": refused(/parameters\.ns: expected a range from low to high, got \[500, 0\]/, [
    "range: [0, 500]",
    "range: [500, 0]",
  ]),
  "a start out of its range": refused(/parameters\.ns: expected a start within its range \[50, 500\], got 30/, [
    "start: 30, range: [0, 500]",
    "start: 30, range: [50, 500]",
  ]),
  "values of a category twice": refused(/columns\.kind\.values: .* got 1 twice/, ["[0, 1]", "[1, 1]"]),
  "a range and values of one column": refused(/columns\.kind: expected a range or values, got both/, [
    "{ values: [0, 1] }",
    "{ values: [0, 1], range: [0, 1] }",
  ]),
  "a constraint of no width": refused(/normal\.sigma: expected a number above 0 .*, got 0/, [
    "nb: 170",
    "nb: { constraint: { normal: { observed: 170, sigma: 0 } } }",
  ]),
  "a negative count": refused(/poisson\.observed: expected a number of at least 0 .*, got -1/, [
    "nb: 170",
    "nb: { constraint: { poisson: { observed: -1, scale: 1 } } }",
  ]),
  "a count and a start of 0 where there were events": refused(
    /parameters\.nb: expected a start above 0, which its poisson constraint needs, got 0/,
    ["nb: 170", "nb: { start: 0, constraint: { poisson: { observed: 3, scale: 1 } } }"],
  ),
  // Names.
  "a name of nothing": refused(/exponential\.c: expected a number, .*, got "cc"\. Did you mean c\?/, [
    "c: c }",
    "c: cc }",
  ]),
  "a name of two things": refused(/functions\.c: expected a name of its own, got that of a parameter/, [
    "functions: { twice:",
    "functions: { c: { product: [2] }, twice:",
  ]),
  "a circle of functions": refused(/functions\.twice: expected no circle of names, got twice → twice/, [
    "product: [2, c]",
    "product: [2, twice]",
  ]),
  "a circle of densities": refused(
    /expected no circle of names, got model → other → model/,
    model(
      "model: { mixture: { s: ns, other: nb } }\n  other: { truncated: { density: model, region: { m: [[0, 1]] } } }",
    ),
  ),
  "a circle through an expression": refused(/expected no circle of names, got twice → twice/, [
    "{ product: [2, c] }",
    '{ expression: "twice + 1" }',
  ]),
  "a density for a number": refused(/gaussian\.mean: expected a number, or the name .*, got "flat"/, [
    "mean: 5",
    "mean: flat",
  ]),
  "a name that objects have": refused(/parameters\.constructor: expected another name, as this one is reserved/, [
    "nb: 170",
    "constructor: 1, nb: 170",
  ]),
  "an expression that is none": refused(/functions\.twice: expected an operator or a closing bracket, got the end/, [
    "{ product: [2, c] }",
    '{ expression: "2 * (c" }',
  ]),
  "an expression with a program in it": refused(/functions\.twice: .* Expressions have no properties/, [
    "{ product: [2, c] }",
    '{ expression: "process.exit(0)" }',
  ]),
  // Densities.
  "a mixture of nothing": refused(
    /densities\.model: expected at least one summand, got none/,
    model("model: { mixture: {} }"),
  ),
  "`rest` alone": refused(
    /mixture: expected a fraction of another density before `rest`, got `rest` alone/,
    model("model: { mixture: { b: rest } }"),
  ),
  "`rest` before the last": refused(
    /mixture: expected `rest` once, of the last density, got it before/,
    model("model: { mixture: { s: rest, b: nb } }"),
  ),
  "a mixture of other columns": refused(
    /densities\.model: expected densities of the same columns, got other of t and b of m/,
    model("other: { gaussian: { x: t, mean: 0, sigma: w } }\n  model: { mixture: { other: ns, b: nb } }"),
  ),
  "a flat density without a range": refused(/densities\.flat: expected a range of t with a low and a high end/, [
    "flat: { uniform: m }",
    "flat: { uniform: t }",
  ]),
  "a falling density without a range": refused(/densities\.b: expected a range of t with a low end/, [
    "x: m, c: c",
    "x: t, c: c",
  ]),
  "a gaussian of a category": refused(/densities\.s: expected a density of numbers, got the categorical column kind/, [
    "x: m, mean: 5",
    "x: kind, mean: 5",
  ]),
  "a mean that is the column itself": refused(
    /densities\.s: expected numbers that do not look at columns that the density is of, got m/,
    ["mean: 5", "mean: m"],
  ),
  "a product of one column twice": refused(
    /densities\.model: expected factors of different columns, got m in two of them/,
    model("model: { product: [s, b] }"),
  ),
  "categories of a column without values": refused(
    /expected a categorical column, one with values, got m/,
    model("model: { categories: { density: b, over: m, coefficients: [ns, nb] } }"),
  ),
  "truncations that leave nothing of each other": refused(
    /densities\.none.*: expected intervals that overlap those of low, \[0, 3\], got \[4, 6\]/,
    model(
      "low: { truncated: { density: b, region: { m: [[0, 3]] } } }\n  none: { truncated: { density: low, region: { m: [[4, 6]] } } }\n  model: { mixture: { s: ns, none: nb } }",
    ),
  ),
  "a truncation beyond the range": refused(
    /fit\.region: expected intervals within \[0, 10\], got \[5, 15\]/,
    region("{ m: [[5, 15]] }"),
  ),
  "a reversed region": refused(
    /fit\.region: expected intervals from low to high, got \[8, 3\]/,
    region("{ m: [[8, 3]] }"),
  ),
  "an overlapping region": refused(
    /fit\.region: expected intervals in ascending order that do not overlap/,
    region("{ m: [[1, 5], [4, 8]] }"),
  ),
  "a region without brackets": refused(
    /fit\.region: .* got the value 2\. Write an interval as \[\[low, high\]\]/,
    region("{ m: [2, 8] }"),
  ),
  "a region of no column": refused(/region\.mm: expected a column, got "mm"/, region("{ mm: [[2, 8]] }")),
  "a region of a value that is none": refused(
    /region\.kind: expected values of the column \(0, 1\), got the value 3/,
    region("{ kind: [3] }"),
  ),
  "an extended density of fractions": refused(
    /fit\.extended: expected numbers of events in model, .* got fractions alone/,
    model("model: { mixture: { s: 0.2, b: rest } }"),
    ["sample: data }", "sample: data, extended: true }"],
  ),
  "no free parameter": refused(
    /likelihoods\.fit: expected a free parameter that it depends on, got none/,
    likelihood("{ fit: { density: flat, sample: data } }"),
  ),
  "no sample": refused(
    /fit\.sample: expected the name of a sample, got nothing/,
    likelihood("{ fit: { density: model } }"),
  ),
  "channels beside a density": refused(
    /fit\.density: expected nothing beside channels/,
    likelihood("{ fit: { density: model, channels: { a: { density: model, sample: data } } } }"),
  ),
  "a generic density with a spike": refused(
    /channel fit: expected the integral of flat over m to 0\.0005 of itself, got an error of \d+ by quadrature/,
    ["flat: { uniform: m }", 'flat: { generic: { x: m, expression: "exp(-((m - 5.01) / 1e-4)^2)" } }'],
    model("model: { mixture: { flat: ns, b: nb } }"),
  ),
  "a scale of 0": refused(
    /densities\.moved: expected a scale of m above 0, got 0/,
    model(
      "moved: { transported: { density: s, affine: { m: { scale: 0 } } } }\n  model: { mixture: { moved: ns, b: nb } }",
    ),
  ),
  "a scale below 0": refused(
    /densities\.moved: expected a scale of m above 0, got -1/,
    model(
      "moved: { transported: { density: s, affine: { m: { scale: -1 } } } }\n  model: { mixture: { moved: ns, b: nb } }",
    ),
  ),
  "a map of a column that the density is not of": refused(
    /densities\.moved: expected shifts and scales of columns of s \(m\), got t/,
    model(
      "moved: { transported: { density: s, affine: { t: { shift: 1 } } } }\n  model: { mixture: { moved: ns, b: nb } }",
    ),
  ),
  "an ensemble with a weight of 0": refused(
    /weights\[1\]: expected a number above 0 .*, got 0/,
    model("model: { ensemble: { members: [s, b], weights: [1, 0] } }"),
  ),
  "an ensemble with a weight too few": refused(
    /expected a positive weight for each of 2 members, got \[1\]/,
    model("model: { ensemble: { members: [s, b], weights: [1] } }"),
  ),
  "choices for other values than the column has": refused(
    /functions\.twice: expected a number for each of 2 values, got 3/,
    ["{ product: [2, c] }", "{ choice: { column: kind, choices: [1, 2, 3] } }"],
  ),
  "a kappa below 1": refused(/log-normal\.kappa: expected a number above 1 .*, got 0\.9/, [
    "nb: 170",
    "nb: { constraint: { log-normal: { observed: 170, kappa: 0.9 } } }",
  ]),
  "an interpolation to 0": refused(/interpolation\.low: expected a number above 0 .*, got 0/, [
    "{ product: [2, c] }",
    "{ interpolation: { low: 0, high: 1.1, parameter: c } }",
  ]),
  "a product of nothing": refused(/twice\.product: expected a list of 1 to .* got 0/, [
    "{ product: [2, c] }",
    "{ product: [] }",
  ]),
  "an infinite end of a region": refused(
    /region\.m\[0\]\[1\]: expected a number .*, got Infinity/,
    region("{ m: [[2, .inf]] }"),
  ),
  "a category without values": refused(/columns\.kind\.values: expected a list of 1 to .* got 0/, ["[0, 1]", "[]"]),
  "a key twice": refused(/3:60: expected YAML, .* Map keys must be unique: "nb"/, ["nb: 170", "nb: 170, nb: 171"]),
  "a tab": refused(/6:1: expected YAML, got a syntax error: Tabs are not allowed/, ["  s: {", "\ts: {"]),
  "brackets that do not close": refused(/11:1: expected YAML, got a syntax error/, [
    "likelihoods: {",
    "likelihoods: {{",
  ]),
  "a scan of no parameter": refused(/scan\.parameters\[0\]: expected a parameter, got "nn"/, [
    LIKELIHOODS,
    `${LIKELIHOODS}\nscan: { parameters: [nn] }`,
  ]),
  "a choice of another word": refused(/fit\.minos: expected true or false, got "maybe"/, [
    LIKELIHOODS,
    `${LIKELIHOODS}\nfit: { minos: maybe }`,
  ]),
  "a seed that is none": refused(/seed: expected an integer of at least 0 .*, got -1/, [
    LIKELIHOODS,
    `${LIKELIHOODS}\nseed: -1`,
  ]),
  "an expression of a thousand brackets": refused(/functions\.twice: expected at most 100 levels/, [
    "{ product: [2, c] }",
    `{ expression: "${"(".repeat(1000)}c${")".repeat(1000)}" }`,
  ]),
  "a name of a thousand letters": refused(/parameters: expected parameter names of letters, .* at most 200/, [
    "nb: 170",
    `${"n".repeat(1000)}: 170, nb: 170`,
  ]),
  "a peak of no width in the data's units": failed(
    3,
    /-ln L is finite there, but not its derivatives: look for widths/,
    ["w: { start: 1, range: [0.1, 5] }", "w: { start: 1e-300, range: [1e-301, 5] }"],
  ),
  "a range of the size of nothing": failed(3, /Numbers of events that the data may lack need a range from 0/, [
    "{ range: [0, 10] }",
    "{ range: [0, 1e-320] }",
  ]),
  "huge weights": refused(
    /column "huge": expected weights with a positive finite sum, got Infinity/,
    sample("{ file: weights.npz, weight: huge }"),
  ),
  "a generic density below 0": refused(
    /expected the integral of flat over m .*, got no number, as the density is below 0/,
    ["flat: { uniform: m }", 'flat: { generic: { x: m, expression: "m - 5" } }'],
    model("model: { mixture: { flat: ns, b: nb } }"),
  ),
  "a huge range of a flat density": failed(3, /-ln L is finite there, but not its derivatives/, [
    "{ range: [0, 10] }",
    "{ range: [-1e300, 1e300] }",
  ]),
  // Data.
  "a sample that is not there": refused(
    /nowhere\.npz: expected a file, got nothing at this path/,
    sample("nowhere.npz"),
  ),
  "a sample without the column": refused(/other\.npz: expected a column "m", got columns "q"/, sample("other.npz")),
  "a sample with NaN": refused(/nan\.npz, column "m": expected finite values, .* NaN in row 200/, sample("nan.npz")),
  "a sample without events": refused(
    /none\.npz: expected at least one event for the channel fit, .* got none/,
    sample("none.npz"),
    model("model: { mixture: { s: c, b: rest } }"),
  ),
  "events out of range alone": refused(
    /far\.npz: expected at least one event .*, got 200 events, all of which are left out/,
    sample("far.npz"),
    model("model: { mixture: { s: c, b: rest } }"),
  ),
  "weights that sum to less than 0": refused(
    /column "negative": expected weights with a positive finite sum, got -100/,
    sample("{ file: weights.npz, weight: negative }"),
  ),
  "weights of 0": refused(
    /column "zero": expected weights with a positive finite sum, got 0/,
    sample("{ file: weights.npz, weight: zero }"),
  ),
  "a weight that is not a number": refused(
    /column "nan": expected finite values/,
    sample("{ file: weights.npz, weight: nan }"),
  ),
  "a path out of the folder of a file that is no sample": refused(
    /expected a file of events: \.npz/,
    sample("/etc/passwd"),
  ),
  // What only the fit shows.
  "a number of events below 0 at the start": refused(
    /a\.yaml: likelihood fit, channel fit, at the start: expected a number of events of at least 0, got -167/,
    ["nb: 170", "nb: -170"],
    ["start: 30", "start: 3"],
  ),
  "a width below 0": failed(3, /log p of 200 of 200 events of the channel fit is not finite, the first at m = /, [
    "sigma: w",
    "sigma: -1",
  ]),
  "a generic density that is 0 where events are": failed(
    3,
    /log p of \d+ of 200 events of the channel fit is not finite/,
    ["flat: { uniform: m }", 'flat: { generic: { x: m, expression: "(m > 5) * 1.0" } }'],
    likelihood("{ fit: { density: mix, sample: data } }"),
    model("mix: { mixture: { flat: ns } }"),
  ),
  "two names for one number": failed(
    3,
    /the data do not distinguish nb and w/,
    ["product: [2, c]", "product: [nb, w]"],
    model("model: { mixture: { flat: twice } }"),
  ),
  "a parameter without effect": failed(
    3,
    /w has no effect on the likelihood\. Fix it \(--fix w/,
    ["range: [0, 500] }", "fixed: true }"],
    ["start: 30", "start: 0"],
  ),
};
