/** Entry of a worker thread. */
import { host } from "#cpu-host";
import { followRequests } from "./thread.js";

host.serve(followRequests);
