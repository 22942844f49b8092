/** Impacts and modes of a likelihood of a composition: pictures, tables and data. */
import { constraintEstimate } from "../../inference/model/parameters/constraints.js";
import { type Caption, fixed, impactRanking, pulls, significant } from "../../inference/plots/index.js";
import type { ImpactSources } from "../../inference/statistics/impacts/impact-sources.js";
import type { ImpactTable } from "../../inference/statistics/impacts/impact-tables.js";
import type { LikelihoodOutcome } from "../recipes/composition.js";
import type { Drawing } from "../store/drawings.js";
import { type ParameterRow, parameterRows } from "./composition-results.js";
import type { Cell, ReportTable } from "./html.js";

type Definition = ImpactSources["definition"];

/** What each definition moves. */
const DEFINITIONS: Readonly<Record<Definition, string>> = {
  shift: "each parameter fixed at its estimate ± σ, the others fitted again",
  covariance: "each parameter at its estimate ± σ, the others following their covariance with it",
  auxiliary: "the outcome of each auxiliary measurement moved by ± its standard deviation, all parameters fitted again",
  mode: "one standard deviation along each principal mode of the covariance",
};

const ENDS: Readonly<Record<Definition, readonly [string, string]>> = {
  shift: ["+1σ", "−1σ"],
  covariance: ["+1σ", "−1σ"],
  auxiliary: ["outcome + 1σ", "outcome − 1σ"],
  mode: ["+1σ", "−1σ"],
};

const ranked = ({ impacts }: ImpactTable) => [...impacts].sort((a, b) => a.rank - b.rank);

/** Of a constrained parameter, in units of its constraint. */
function pullOfRow({ constraint, pull, sigma }: ParameterRow): { estimate: number; error: number } | undefined {
  if (constraint === null || pull === null || sigma === null) return undefined;
  return { estimate: pull, error: sigma / constraintEstimate(constraint)[1] };
}

/** Those in which anything moves the parameter: without constraints there are no auxiliary measurements. */
const movingTables = (impacts: LikelihoodOutcome["impacts"]) =>
  (impacts?.tables ?? []).filter(({ impacts: own }) => own.length > 0);

/** A ranking for each parameter of interest and definition, where anything moves it. */
export function impactPictures(own: LikelihoodOutcome, captionOf: (title: string) => Caption): Drawing[] {
  const { name } = own.plan;
  const rows = parameterRows(own);
  const pullOf = (source: string) => {
    const row = rows.find((one) => one.name === source);
    return row && pullOfRow(row);
  };
  return movingTables(own.impacts).map((table): Drawing => {
    const sources = ranked(table);
    const { target, definition, groups, total, statistical } = table;
    const known = sources.flatMap(({ source }) => pullOf(source) ?? []);
    const sums = [...groups, ...(statistical === undefined ? [] : [{ name: "data", size: statistical }])];
    const draw = () =>
      impactRanking({
        ...captionOf(`Impacts on ${target.name}, ${name}: ${definition}`),
        targetLabel: target.name,
        endLabels: ENDS[definition],
        names: sources.map(({ source }) => source),
        up: sources.map(({ up }) => up),
        down: sources.map(({ down }) => down),
        // Parameters without a constraint have no pull to draw.
        pulls:
          known.length === sources.length
            ? { estimates: known.map(({ estimate }) => estimate), errors: known.map(({ error }) => error) }
            : undefined,
        sums: { names: [...sums.map((sum) => sum.name), "total"], sizes: [...sums.map(({ size }) => size), total] },
      });
    return [`impacts.${name}.${target.name}.${definition}`, draw];
  });
}

/** Impacts of every definition on one parameter side by side; those that have none of a definition are left open there. */
export function impactReportTables({ plan, impacts }: LikelihoodOutcome): ReportTable[] {
  const tables = movingTables(impacts);
  const targets = [...new Set(tables.map(({ target }) => target.name))];
  return targets.map((target): ReportTable => {
    const own = tables.filter((table) => table.target.name === target);
    const sources = [...new Set(own.flatMap((table) => ranked(table).map(({ source }) => source)))];
    const groups = own[0]!.groups.map(({ name }) => name);
    const signed = (value: number | undefined): Cell =>
      value === undefined ? undefined : `${value > 0 ? "+" : ""}${significant(value, 3)}`;
    const sum = (name: string, of: (table: ImpactTable) => number | undefined): Cell[] => [
      name,
      ...own.flatMap((table): Cell[] => {
        const size = of(table);
        return [size === undefined ? undefined : `± ${significant(size, 3)}`, undefined];
      }),
    ];
    return {
      caption: `Impacts on ${target} of ${plan.name}`,
      columns: [
        "parameter",
        ...own.flatMap(({ definition }) => ENDS[definition].map((end) => `${definition}, ${end}`)),
      ],
      rows: [
        ...sources.map((source): Cell[] => [
          source,
          ...own.flatMap((table) => {
            const found = table.impacts.find((one) => one.source === source);
            return [signed(found?.up), signed(found?.down)];
          }),
        ]),
        ...groups.map((group) =>
          sum(`group ${group}`, (table) => table.groups.find(({ name }) => name === group)?.size),
        ),
        ...(own.some(({ statistical }) => statistical !== undefined)
          ? [sum("data", (table) => table.statistical)]
          : []),
        sum("total", ({ total }) => total),
      ],
    };
  });
}

export function impactText({ impacts }: LikelihoodOutcome): string {
  const used = [...new Set(movingTables(impacts).map(({ definition }) => definition))];
  return used.map((own) => `${own}: ${DEFINITIONS[own]}.`).join(" ");
}

const MODES_SHOWN = 20;

/** Pulls and widths of the modes of the constrained parameters: the narrowest last. */
export function modePictures({ plan, modes }: LikelihoodOutcome, captionOf: (title: string) => Caption): Drawing[] {
  if (modes === null) return [];
  const shown = modes.modes.slice(-MODES_SHOWN);
  const first = modes.modes.length - shown.length;
  const draw = () =>
    pulls({
      ...captionOf(`Principal modes of the constrained parameters, ${plan.name}`),
      names: shown.map((_, k) => `mode ${first + k + 1}`),
      estimates: shown.map(({ pull }) => pull),
      errors: shown.map(({ sigma }) => sigma),
    });
  return [[`modes.${plan.name}.all`, draw]];
}

export function modeTables({ plan, modes }: LikelihoodOutcome): ReportTable[] {
  if (modes === null) return [];
  return [
    {
      caption: `Principal modes of the constrained parameters of ${plan.name}, in standard deviations of the constraints`,
      columns: ["mode", "pull", "σ", ...modes.names],
      rows: modes.modes.map(({ pull, sigma, direction }, k) => [
        `${k + 1}`,
        ...[pull, sigma, ...direction].map((value) => fixed(value, 3)),
      ]),
    },
  ];
}
