/** Ours, as one contestant among the rivals: `rival-ours.js FOLDER MODE THREADS`. */
import { wantsWide } from "../cli/wide.js";
import { cpuBackend } from "../engine/cpu/backend.js";
import { casesOf, fileOf, prepare, suiteNames } from "./rival-cases.js";
import { serve } from "./rival-protocol.js";

const backend = await cpuBackend({ threads: Number(process.argv[4]), wide: wantsWide() });
const cases = suiteNames.flatMap(casesOf);
await serve({ version: process.version }, (wanted) => {
  const own = cases.find((one) => fileOf(one) === wanted.case && one.task === wanted.task);
  if (own === undefined) throw new Error(`no case ${wanted.case} ${wanted.task}`);
  return prepare(backend, own);
});
await backend.close();
