/** Reads the text of a configuration file in the encodings that editors and shells write. */
import { systemCode } from "../../io/errors.js";
import { readSmallFile } from "../../io/file-kinds.js";
import { UsageError } from "../errors.js";

/** 20 000 samples take 2 MiB. */
const LARGEST_BYTES = 4 * 2 ** 20;

/** Files of HS³ have their events in them: some three million numbers. */
const LARGEST_HS3_BYTES = 64 * 2 ** 20;

const JSON_FILE = /\.json$/i;

/** Keys that only files of HS³ have: other files in JSON may be configurations. */
const SIGNS = /"(?:hs3_version|distributions)"\s*:/;

/** Whether it is a file of HS³, the HEP Statistics Serialization Standard. @param text  of the file */
export const isHs3 = (file: string, text: string): boolean => JSON_FILE.test(file) && SIGNS.test(text);

/** The text in UTF-8 or UTF-16. */
export function readConfigurationFile(file: string): string {
  const refuse = (got: string, hint: string, expected = "a configuration file"): never => {
    throw new UsageError(file, { expected, got, hint });
  };
  const begin = "`unbinned init` writes one to start from";
  let bytes: Uint8Array;
  try {
    const largest = JSON_FILE.test(file) ? LARGEST_HS3_BYTES : LARGEST_BYTES;
    bytes = readSmallFile(file, largest, "a configuration file");
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    return refuse(code === "ENOENT" ? "no such file" : code, begin);
  }
  const text = decoded(bytes);
  if (text === undefined) return refuse("bytes that are none", "Save it as UTF-8", "a text in UTF-8");
  if (bytes.length > LARGEST_BYTES && !isHs3(file, text)) {
    refuse(`${bytes.length} bytes`, "Check that this is the file you meant", `at most ${LARGEST_BYTES} bytes`);
  }
  if (text.includes("\0")) refuse("a binary file", "Is it the file you meant?", "a text in YAML");
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
