import { CHANNELS } from './simulation/channels.ts';
import { runEpoch } from './simulation/epoch.ts';
const name = (process.argv[2] ?? 'douyin') as keyof typeof CHANNELS;
const from = Number(process.argv[3] ?? 1), n = Number(process.argv[4] ?? 20), count = Number(process.argv[5] ?? 500);
let fetched = 0, bad = 0;
for (let seed = from; seed < from + n; seed++) {
  const t = Date.now();
  const r = await runEpoch({ seed, count, faultRate: 0.02, channel: CHANNELS[name] });
  fetched += r.world.metrics.get('fetched') ?? 0;
  if (Date.now() - t > 20_000) console.log('slow', seed, Date.now() - t, r.world.events);
  if (r.problems.length === 0) continue;
  bad++;
  const by = new Map<string, number>();
  for (const p of r.problems) by.set(p.code, (by.get(p.code) ?? 0) + 1);
  console.log(name, seed, by, JSON.stringify(r.plan.settings));
  for (const code of by.keys()) for (const p of r.problems.filter((p) => p.code === code).slice(0, 2)) console.log('  ', code, p.what.slice(0, 600));
  console.log('  ', JSON.stringify(await r.world.lanes.listLanes()).slice(0, 600));
}
console.log(name, 'bad', bad, 'of', n, 'fetched', fetched);
