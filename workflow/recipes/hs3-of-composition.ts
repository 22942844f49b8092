/** A composition with the events of its samples as a file of HS³. */
import type { Hs3Channel, Hs3Likelihood } from "../../inference/model/hs3/read.js";
import { writeHs3 } from "../../inference/model/hs3/write.js";
import type { ChannelData } from "../../inference/model/likelihood/channels.js";
import type { CompositionAnalysis } from "../configuration/composition/composition-file.js";
import { storedEvents } from "../events/channel-stream.js";
import type { Reporter } from "../reporter.js";
import { readPlans } from "./composition.js";

/** JSON. Events that ranges and regions leave out are not in it, of which there is a warning: lines of progress may go where the file goes. */
export async function hs3OfComposition(
  analysis: CompositionAnalysis,
  { progress, warn }: Pick<Reporter, "progress" | "warn">,
): Promise<string> {
  const samples: Record<string, ChannelData> = {};
  const digests = new Map<string, string>();
  const likelihoods: Hs3Likelihood[] = [];
  const aside = { warn, progress: { begin: progress.begin.bind(progress), note: warn } };
  for (const [{ name, channels }, events] of await readPlans(analysis, aside)) {
    const read = channels.map(({ name: channel, selected, sample, isExtended }, c): Hs3Channel => {
      const { file, digest } = events[c]!;
      const data = storedEvents(events[c]!.data, file, "a file of HS³");
      // A sample of which channels look at other columns or events is several data sets.
      const key = `${Object.keys(data.columns).join()} ${digest}`;
      const other = digests.get(sample);
      const set = other === undefined || other === key ? sample : `${sample}_${name}_${channel}`;
      digests.set(set, key);
      samples[set] = data;
      return { name: channel, density: selected, sample: set, isExtended };
    });
    likelihoods.push({ name, channels: read });
  }
  return writeHs3({ composition: analysis.composition, likelihoods, samples });
}
