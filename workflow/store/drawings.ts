/** Pictures as files. None of them costs a result: one that cannot be drawn says why. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomic } from "../../io/write-atomic.js";
import { distinctFileNames } from "./file-names.js";

/** A picture to be drawn. Its name begins with a word that says what it is of; words of the user may follow. */
export type Drawing = readonly [name: string, draw: () => string];

/** Pictures of one kind. */
export interface DrawingGroup {
  /** What all their names begin with. */
  readonly name: string;
  readonly drawings: () => readonly Drawing[];
}

export type Drawn = { readonly svg: string } | { readonly problem: string };

/** A picture, or why there is none. */
export type Picture = Drawn & {
  readonly name: string;
  /** In the folder of pictures. */
  readonly file: string;
};

/** The message of what was thrown, which may be anything. */
export const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Draws every picture that can be drawn; each that cannot is a warning. */
export function drawAll(groups: readonly DrawingGroup[], warn: (text: string) => void): Picture[] {
  const drawn = groups.flatMap(({ name, drawings }) => {
    try {
      return drawings().map(([own, draw]) => ({ name: own, ...drawnBy(draw) }));
    } catch (error) {
      return [{ name, problem: reasonOf(error) }];
    }
  });
  const files = distinctFileNames(drawn.map(({ name }) => name));
  for (const picture of drawn) {
    if ("problem" in picture) warn(`picture ${picture.name}: left out, as it cannot be drawn: ${picture.problem}`);
  }
  return drawn.map((picture, i) => ({ ...picture, file: `${files[i]}.svg` }));
}

function drawnBy(draw: () => string): Drawn {
  try {
    return { svg: draw() };
  } catch (error) {
    return { problem: reasonOf(error) };
  }
}

/** What the last command drew, so that the next one knows which pictures are of an earlier one, and which files are no pictures of ours. */
const LIST_FILE = "pictures.json";

/** Files that the last command drew; none where it left no list that can be read. */
async function drawnBefore(folder: string): Promise<string[]> {
  try {
    const found: unknown = JSON.parse(await readFile(join(folder, LIST_FILE), "utf8"));
    // Files of the folder alone.
    return Array.isArray(found) ? found.filter((own) => typeof own === "string" && /^[^/\\]+\.svg$/.test(own)) : [];
  } catch {
    return [];
  }
}

/** Writes the pictures, and takes away those that an earlier command drew and this one does not. */
export async function writePictures(folder: string, pictures: readonly Picture[]): Promise<string[]> {
  const names = pictures.map(({ file }) => file);
  for (const file of await drawnBefore(folder))
    if (!names.includes(file)) await rm(join(folder, file), { force: true });
  await writeAtomic(join(folder, LIST_FILE), [`${JSON.stringify(names, undefined, 2)}\n`]);
  const files: string[] = [];
  for (const picture of pictures) {
    const file = join(folder, picture.file);
    if ("problem" in picture) await rm(file, { force: true });
    else {
      await writeAtomic(file, [picture.svg]);
      files.push(file);
    }
  }
  return files;
}
