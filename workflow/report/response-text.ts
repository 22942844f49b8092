/** How T responds to the nuisances, and what its response leaves of the information in y, in sentences. */
import type { ResponseSide } from "../../inference/model/mixture-model.js";
import { significant } from "../../inference/plots/index.js";
import { WORTH_SAYING } from "../likelihood/covariance-summary.js";
import type { FitSummary } from "../likelihood/fit-summary.js";

/** Which way T responds. */
export const RESPONSE_WAYS: Readonly<Record<ResponseSide, string>> = {
  simulation:
    "When the nuisances move, T undoes exactly what they do to p(y | x). A trained map behind T adds the rest of its response.",
  data:
    "When the nuisances move, T responds by one trained map, which acts on the data in front of T (arXiv:2602.13184; response.actsOn is data). " +
    "This map has to learn what the nuisances do to p(y | x).",
};

/** Below this part the response is worth another training. */
const INCOMPLETE = 0.9;

/** Nothing where the response absorbs what y says of the nuisances. */
export function responseText({ names, sigma, ownSigma, widenings }: FitSummary): string {
  if (!ownSigma || sigma === null || !widenings?.includes("not below x alone")) return "";
  const parts = names.map((_, k) => ownSigma[k]! / sigma[k]!);
  const narrow = names.flatMap((name, k) =>
    parts[k]! < WORTH_SAYING
      ? [`${name} ${significant(ownSigma[k]!, 3)} in place of ${significant(sigma[k]!, 3)}`]
      : [],
  );
  if (narrow.length === 0) return "";
  const advice = Math.min(...parts) < INCOMPLETE ? " A response of splines absorbs more (response.kind: spline)." : "";
  return (
    "A T that is free can absorb all that y says of the nuisances, so that no error is quoted below that of x alone. The trained response leaves a part: the " +
    `curvature of its own likelihood gives ${narrow.join(", ")}. Scans show this likelihood.${advice}`
  );
}
