/** The present, as an argument: handlers get it from the runtime, tests and the simulation from themselves. */
export type Clock = () => Date;

export const systemClock: Clock = () => new Date();
