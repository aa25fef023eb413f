/** Of DynamoDB's requests on demand in us-east-1, as docs/cost.md says them: dollars a million units. */
import type { Units } from './count-units.ts';

const WRITE = 0.625;
const READ = 0.125;

/** Of so many units each. */
export const dollarsPerMillion = ({ read, write }: Units): number => read * READ + write * WRITE;
