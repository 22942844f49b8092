/** Where a file is published. */
import { text } from "../entries.js";

export const source = text({ doc: "Where to get the file; said where it is missing.", optional: true });
