/** What every file has, of either kind. */
import { number, text } from "../entries.js";

export const general = {
  name: text({ doc: "Title of the report.", default: "analysis" }),
  seed: number({
    doc: "Seed of all random numbers.",
    integer: true,
    min: 0,
    max: 0xffffffff,
    default: 1,
  }),
  output: text({ doc: "Folder of the results, relative to this file.", default: "unbinned-out" }),
};
