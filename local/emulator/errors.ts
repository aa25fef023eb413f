/** No way of running the emulator works on this machine. `tried` has one sentence per way, each with what to install. */
export class EmulatorUnavailable extends Error {
  override readonly name = 'EmulatorUnavailable';
  readonly tried: readonly string[];

  constructor(tried: readonly string[]) {
    super(['The local AWS emulator cannot run on this machine. One of these is enough:', ...tried].join('\n- '));
    this.tried = tried;
  }
}

/** The port asked for belongs to someone else. */
export class PortBusy extends Error {
  override readonly name = 'PortBusy';
  readonly port: number;

  constructor(port: number) {
    super(`Port ${port} is already in use: end the program that holds it, or choose another port.`);
    this.port = port;
  }
}

/** The emulator was installed, but did not come up; the message ends with the last lines of its log. */
export class EmulatorFailed extends Error {
  override readonly name = 'EmulatorFailed';
}
