/** A progress bar on a terminal; elsewhere a line at each tenth, as nothing can be redrawn there. */
import { progress as bar } from '@clack/prompts';

export interface Progress {
  update(done: number): void;
  end(message: string): void;
}

export function createProgress(total: number, unit: string): Progress {
  return process.stdout.isTTY ? drawn(total, unit) : printed(total, unit);
}

function drawn(total: number, unit: string): Progress {
  const shown = bar({ max: total, size: 40 });
  shown.start(`0 of ${total} ${unit}`);
  let last = 0;
  return {
    update(done) {
      shown.advance(done - last, `${done} of ${total} ${unit}`);
      last = done;
    },
    end: (message) => shown.stop(message),
  };
}

function printed(total: number, unit: string): Progress {
  const step = Math.max(1, Math.ceil(total / 10));
  return {
    update(done) {
      if (done % step === 0) process.stdout.write(`${done} of ${total} ${unit}\n`);
    },
    end: (message) => process.stdout.write(`${message}\n`),
  };
}
