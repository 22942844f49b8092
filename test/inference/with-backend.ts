import type { Backend } from "../../engine/runtime/backend.js";

/** Closes the backend even where a test fails: its worker threads would keep the process. */
export async function withBackend(
  create: () => Promise<Backend>,
  use: (backend: Backend) => Promise<void>,
): Promise<void> {
  const backend = await create();
  try {
    await use(backend);
  } finally {
    await backend.close();
  }
}
