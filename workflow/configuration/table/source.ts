/** Where a file is published. */
import { text } from "../entries.js";

export const source = text({
  doc: "Where to get the file. A message says it where the file is missing.",
  optional: true,
});
