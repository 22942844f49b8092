/** Names of files: what users write (labels, names of nuisances and processes) never decides where a file goes. */
import { sha256 } from "./checksum.js";

/** Characters of a name that a user's word may have a part in: long enough to be read, short enough for every file system. */
const LONGEST = 80;

/** What any file system takes as it is, of a user's words. */
const readable = (text: string) =>
  text
    .normalize("NFKD")
    .replace(/[^\w.-]+/g, "_")
    .slice(0, LONGEST);

/**
 * A name for what the text names: other texts have other names, also on file systems that do not distinguish A from a. Texts of lower-case
 * letters, digits, `.`, `_` and `-` name themselves.
 *
 * @param text  begins with a word of ours, so that it is neither hidden nor a device of Windows
 */
export function fileName(text: string): string {
  const isPlain = /^[a-z0-9._-]+$/.test(text) && text.length <= LONGEST && !text.endsWith(".");
  return isPlain ? text : `${readable(text)}~${sha256(text).slice(0, 16)}`;
}

/**
 * Readable names for files of one folder that are written together: no two are the same, also on file systems that do not
 * distinguish A from a. The first of two alike keeps its name.
 *
 * @param texts  begin with words of ours
 */
export function distinctFileNames(texts: readonly string[]): string[] {
  const taken = new Set<string>();
  return texts.map((text) => {
    const wanted = readable(text);
    let name = wanted;
    for (let count = 2; taken.has(name.toLowerCase()); count++) name = `${wanted}~${count}`;
    taken.add(name.toLowerCase());
    return name;
  });
}
