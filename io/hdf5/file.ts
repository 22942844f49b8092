/** An HDF5 file that is open, let go of in between, and its complaints in our words. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { decodedAsync } from "../damage.js";
import { FileError, quote } from "../errors.js";
import { neighbourFormat, START_BYTES } from "../foreign-formats.js";
import { cachedSource, type FileSource, openFile } from "../source.js";
import { abandonLibrary, type Hdf5Library, type LoadedLibrary, loadLibrary } from "./library.js";
import { type ObjectHeaders, openHeaders } from "./object-header.js";

const HINT = "The file is truncated or corrupt: copy or make it again";

export class Hdf5File {
  private id: bigint | undefined;
  private headers: ObjectHeaders | undefined;

  private constructor(
    readonly path: string,
    private readonly source: FileSource,
    private readonly loaded: LoadedLibrary,
    private readonly size: number,
    private readonly mtimeMs: number,
  ) {}

  static async open(path: string): Promise<Hdf5File> {
    const source = cachedSource(await openFile(path));
    try {
      const start = await source.read(0, Math.min(START_BYTES, source.size));
      const { size, mtimeMs } = statSync(path);
      const file = new Hdf5File(path, source, await loadLibrary(path), size, mtimeMs);
      file.openAgain(neighbourFormat(start));
      return file;
    } catch (error) {
      await source.release();
      throw error;
    }
  }

  /** Why what the library gives of a dataset would be wrong; undefined where it is right. */
  async problemAt(where: string, address: number): Promise<string | undefined> {
    return decodedAsync(where, async () => {
      this.headers ??= await openHeaders(this.source);
      return this.headers.problemAt(address);
    });
  }

  /**
   * Calls the library, and refuses what it cannot do.
   *
   * @param where  what messages call what is read
   * @param isDone whether an answer is one; functions of the library answer with less than 0 where they fail
   */
  call<Answer>(
    where: string,
    use: (library: Hdf5Library, id: bigint) => Answer,
    isDone: (answer: Answer) => boolean = () => true,
  ): Answer {
    this.openAgain();
    let failure: unknown;
    try {
      const answer = use(this.loaded.library, this.id!);
      if (isDone(answer)) return answer;
    } catch (error) {
      if (error instanceof FileError) throw error;
      failure = error;
    }
    throw this.unreadable(where, "what the HDF5 library can read", failure);
  }

  readonly release = async (): Promise<void> => {
    if (this.id !== undefined && !this.isBroken) this.loaded.library.close_file(this.id);
    this.id = undefined;
    await this.source.release();
  };

  /** The library has stopped. */
  private isBroken = false;

  /** @param instead  what the file is, where it is of another format */
  private openAgain(instead?: string): void {
    if (this.id !== undefined) return;
    const { size, mtimeMs } = statSync(this.path);
    if (size !== this.size || mtimeMs !== this.mtimeMs) {
      throw new FileError(this.path, {
        expected: "the file that was opened before",
        got: "another in its place",
        hint: "The file changed while it was read",
      });
    }
    this.loaded.complaint();
    let failure: unknown;
    try {
      const id = this.loaded.library.open(resolve(this.path), 0, false, -1, -1);
      if (id >= 0n) this.id = id;
    } catch (error) {
      failure = error;
    }
    if (this.id !== undefined) return;
    if (instead !== undefined) throw new FileError(this.path, { expected: "an HDF5 file", got: instead });
    throw this.unreadable(this.path, "an HDF5 file", failure);
  }

  private unreadable(where: string, expected: string, failure: unknown): FileError {
    if (failure instanceof Error && failure.name === "RuntimeError") {
      this.isBroken = true;
      abandonLibrary();
      return new FileError(where, { expected, got: "something that stops it", hint: HINT });
    }
    const said = this.loaded.complaint() ?? (failure instanceof Error ? failure.message : undefined);
    return new FileError(where, { expected, got: said === undefined ? "something else" : quote(said), hint: HINT });
  }
}
