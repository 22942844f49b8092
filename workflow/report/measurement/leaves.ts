/** What a measurement of a distribution of interest leaves, part by part. */
import type { RunContext } from "../../context.js";
import type { Outcome } from "../../recipes/outcome.js";
import type { PagePart } from "../leaves.js";
import { analysisNumbers, checkNumbers } from "./analysis.js";
import { closureNumbers, closurePage } from "./closure.js";
import { ensembleNumbers, ensemblePage } from "./ensemble.js";
import { errorPage, influencePage, responsePage, simulationErrorPage } from "./errors.js";
import { fitNumbers, fitPage } from "./fits.js";
import { impactNumbers, impactPage } from "./impacts.js";
import { sensitivityNumbers, sensitivityPage, yieldNumbers, yieldPage } from "./predictions.js";
import { projectionNumbers, projectionPage } from "./projections.js";
import { scanColumns, scanNumbers, scanPage } from "./scans.js";
import { simulationNumbers, simulationPage } from "./simulation.js";
import { trainingNumbers, trainingPage } from "./trainings.js";
import { transportNumbers, transportPage } from "./transport.js";

/** In the order of results.json and of arrays.npz. */
export const measurementNumbers = (context: RunContext, outcome: Outcome) =>
  [
    scanColumns(outcome),
    analysisNumbers(context, outcome),
    fitNumbers(context, outcome),
    ensembleNumbers(outcome),
    simulationNumbers(context, outcome),
    yieldNumbers(outcome),
    closureNumbers(context, outcome),
    sensitivityNumbers(outcome),
    projectionNumbers(context, outcome),
    scanNumbers(outcome),
    impactNumbers(outcome),
    transportNumbers(context, outcome),
    trainingNumbers(outcome),
    checkNumbers(outcome),
  ] as const;

/** In the order of the report. */
export const measurementPage = (context: RunContext, outcome: Outcome): PagePart[] => [
  fitPage(context, outcome),
  simulationErrorPage(context, outcome),
  responsePage(outcome),
  yieldPage(context, outcome),
  simulationPage(context, outcome),
  sensitivityPage(context, outcome),
  errorPage(context, outcome),
  influencePage(context, outcome),
  ensemblePage(context, outcome),
  scanPage(context, outcome),
  impactPage(context, outcome),
  projectionPage(context, outcome),
  transportPage(context, outcome),
  closurePage(context, outcome),
  trainingPage(context, outcome),
];
