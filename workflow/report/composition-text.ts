/** Fits of a composition for people: tables of numbers with as many digits as their errors allow. */
import { significant } from "../../inference/plots/index.js";
import type { LikelihoodOutcome } from "../recipes/composition.js";
import { textTable } from "../text-table.js";
import { type ParameterRow, parameterRows } from "./composition-results.js";
import type { Cell, ReportTable } from "./html.js";

/** Digits behind the point that show an error to three significant ones; of a number without an error six significant ones. */
function decimalsOf(value: number, sigma: number | null): number {
  const size = sigma !== null && sigma > 0 ? sigma : Math.abs(value) / 1000;
  if (!(size > 0 && Number.isFinite(size))) return 0;
  return Math.min(12, Math.max(0, 2 - Math.floor(Math.log10(size))));
}

const number = (value: number | null, decimals: number) => (value === null ? "none" : value.toFixed(decimals));

interface Shown {
  readonly estimate: string;
  readonly sigma: string;
  readonly minos: string;
}

function shownOf({ estimate, sigma, minos, fixed }: ParameterRow): Shown {
  const size = sigma ?? minos?.upper ?? (minos?.lower ? -minos.lower : null);
  const decimals = decimalsOf(estimate, size);
  const upper = number(minos?.upper ?? null, decimals);
  return {
    estimate: number(estimate, decimals),
    sigma: fixed ? "fixed" : number(sigma, decimals),
    minos: minos === null ? "" : `${number(minos.lower, decimals)} ${minos.upper === null ? upper : `+${upper}`}`,
  };
}

/** Rounded first: what rounds to 0 has no sign. */
const pullText = ({ pull }: ParameterRow) =>
  pull === null ? undefined : (Math.round(100 * pull) / 100 + 0).toFixed(2);

const startText = ({ start }: ParameterRow) => `${Number(start.toPrecision(6))}`;

/** The fit of one likelihood: its verdict, its channels and its parameters. */
export function describeLikelihood(outcome: LikelihoodOutcome): string {
  const { plan, events, fit } = outcome;
  const rows = parameterRows(outcome);
  const [hasMinos, hasPulls] = [rows.some(({ minos }) => minos !== null), rows.some(({ pull }) => pull !== null)];
  const channels = plan.channels.map(({ name, density, isExtended }, c) => {
    const expected = fit.expected[name];
    const own = expected === undefined ? "" : `, ${expected.toFixed(1)} expected`;
    return `  ${name}: ${events[c]!.data.count} events of ${density}${isExtended ? `, extended${own}` : ""}`;
  });
  return [
    `likelihood ${plan.name}, ${fit.fit.status}: ${fit.fit.reason}`,
    `-ln L = ${fit.fit.nll?.toFixed(4) ?? "none"}`,
    ...channels,
    textTable([
      [
        "parameter",
        "start",
        "estimate",
        `sigma (${fit.errors.estimator})`,
        ...(hasMinos ? ["minos"] : []),
        ...(hasPulls ? ["pull"] : []),
      ],
      ...rows.map((row) => {
        const shown = shownOf(row);
        return [
          row.name,
          startText(row),
          shown.estimate,
          shown.sigma,
          ...(hasMinos ? [shown.minos] : []),
          ...(hasPulls ? [pullText(row) ?? ""] : []),
        ];
      }),
    ]),
  ].join("\n");
}

/** "3 to 5" */
const rangeText = ({ range }: ParameterRow) => (range === null ? undefined : `${range[0]} to ${range[1]}`);

/** "normal, 0.02 ± 0.001" */
function constraintText({ constraint }: ParameterRow) {
  switch (constraint?.kind) {
    case undefined:
      return undefined;
    case "normal":
      return `normal, ${constraint.observed} ± ${constraint.sigma}`;
    case "log-normal":
      return `log-normal, ${constraint.observed}, kappa ${constraint.kappa}`;
    case "poisson":
      return `Poisson, ${constraint.observed} events at ${constraint.scale} per unit`;
  }
}

/** With signs of numbers as they are printed. */
const printed = (text: string | undefined): Cell => text?.replaceAll(/-(?=\d)/g, "−");

/** Every parameter of a likelihood, fixed ones included. */
export function parameterTable(outcome: LikelihoodOutcome): ReportTable {
  const rows = parameterRows(outcome);
  const hasMinos = rows.some(({ minos }) => minos !== null);
  return {
    caption: `Parameters of ${outcome.plan.name}`,
    columns: ["parameter", "estimate", "σ", ...(hasMinos ? ["MINOS"] : []), "start", "range", "constraint", "pull"],
    rows: rows.map((row) => {
      const shown = shownOf(row);
      return [
        row.name,
        printed(shown.estimate),
        shown.sigma,
        ...(hasMinos ? [printed(shown.minos)] : []),
        printed(startText(row)),
        printed(rangeText(row)),
        printed(constraintText(row)),
        printed(pullText(row)),
      ];
    }),
  };
}

/** Events of every channel: in its file, left out, looked at, expected. */
export const channelTable = ({ plan, events, fit }: LikelihoodOutcome): ReportTable => ({
  caption: `Channels of ${plan.name}`,
  columns: ["channel", "density", "sample", "events in the file", "left out", "events", "expected"],
  rows: plan.channels.map(({ name, density, sample }, c) => {
    const { total, data } = events[c]!;
    const expected = fit.expected[name];
    return [
      name,
      density,
      sample,
      total,
      total - data.count,
      data.count,
      expected === undefined ? undefined : significant(expected, 6),
    ];
  }),
});
