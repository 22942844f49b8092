/** Times of the nodes of a tape, where each is computed alone. */

import type { EventPass } from "../passes/event-passes.js";
import { nodeCost } from "../passes/kernel-costs.js";
import { type KernelCost, noTallies, type ProgramTimes, type Tally, timesOf } from "../runtime/kernel-times.js";
import type { Var } from "../tape/tape.js";

export const nodeTitle = (node: Var) => `${node.id} ${node.operation.name} [${node.shape}]`;

export class NodeClock {
  private readonly costs: KernelCost[] = [];
  private readonly tallies: Tally[];
  private readonly places: ReadonlyMap<EventPass, ReadonlyMap<Var, number>>;

  constructor(passes: readonly EventPass[]) {
    this.places = new Map(
      passes.map((pass, index) => {
        const prefix = passes.length > 1 ? `pass ${index}, ` : "";
        const place = (node: Var) => [node, this.costs.push(nodeCost(node, prefix + nodeTitle(node))) - 1] as const;
        return [pass, new Map([...pass.nodes, ...pass.sums].map(place))];
      }),
    );
    this.tallies = noTallies(this.costs.length);
  }

  time<T>(pass: EventPass, node: Var, events: number, work: () => T): T {
    const tally = this.tallies[this.places.get(pass)?.get(node) as number] as Tally;
    const start = performance.now();
    const result = work();
    tally.milliseconds += performance.now() - start;
    tally.calls++;
    tally.events += events;
    return result;
  }

  times(wallMilliseconds: number): ProgramTimes {
    return timesOf(this.costs, this.tallies, { wallMilliseconds, threads: 1, timing: "kernels" });
  }
}
