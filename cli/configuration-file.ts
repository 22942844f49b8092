/** The text of a configuration file, whatever editors and shells made of it. */
import { readFileSync, type Stats, statSync } from "node:fs";
import { UsageError } from "./messages.js";

/** 20 000 samples take 2 MiB. */
const LARGEST_MIB = 4;

/** The text in UTF-8 or UTF-16. */
export function readConfigurationFile(file: string): string {
  const refuse = (got: string, hint: string, expected = "a configuration file"): never => {
    throw new UsageError(file, { expected, got, hint });
  };
  const begin = "`unbinned init` writes one to start from";
  let found: Stats;
  try {
    found = statSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return refuse(code === "ENOENT" ? "no such file" : String(code), begin);
  }
  if (found.isDirectory()) refuse("a folder", begin);
  // A pipe without a writer never ends, and neither does /dev/zero.
  if (!found.isFile()) refuse("a pipe or a device", "Write it to a file first");
  if (found.size > LARGEST_MIB * 2 ** 20) {
    refuse(`${(found.size / 2 ** 20).toFixed(0)} MiB`, "Is it the file you meant?", `at most ${LARGEST_MIB} MiB`);
  }
  const text = decoded(readFileSync(file));
  if (text === undefined) return refuse("bytes that are none", "Save it as UTF-8", "a text in UTF-8");
  if (text.includes("\0")) refuse("a binary file", "Is it the file you meant?", "a text in YAML");
  if (text.startsWith("version https://git-lfs.github.com/")) {
    refuse("a pointer of Git LFS to it", "Fetch it with `git lfs pull`");
  }
  return text;
}

/** By its byte order mark, or the zeros beside its first letter (YAML 1.2.2, section 5.2); undefined where it is no such text. */
function decoded(bytes: Uint8Array): string | undefined {
  const [first, second] = bytes;
  const isLittle = (first === 0xff && second === 0xfe) || (first !== 0 && second === 0);
  const isBig = (first === 0xfe && second === 0xff) || (first === 0 && second !== 0);
  try {
    return new TextDecoder(isLittle ? "utf-16le" : isBig ? "utf-16be" : "utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
