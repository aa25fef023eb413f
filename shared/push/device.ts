/** Where a customer can be sent to: an installed app, a browser, a mini program, as each registered. */
import * as z from 'zod';
import type { VisitorKey } from '../behaviour/names.ts';
import type { PersonaId } from '../identity/persona.ts';
import type { Endpoint } from '../senders/sender.ts';
import type { Instant } from '../time/instant.ts';

/** Of the brand's own making: an installation, or a browser. */
export const DeviceId = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/,
    'letters, digits, . _ : and -, at most 128, the first a letter or digit',
  );

/** Whose a device is. */
export type DeviceOwner =
  /** A customer: a persona, so that it stays with it whoever it joins. */
  | { readonly persona: PersonaId; readonly visitor?: never }
  /** Nobody knows who: a browser or app, whose it is once it is proven who uses it (own-devices.ts). */
  | { readonly visitor: VisitorKey; readonly persona?: never };

export type Device = DeviceOwner & {
  readonly id: string;
  readonly endpoint: Endpoint;
  /** BCP 47, as the device speaks. */
  readonly locale?: string;
  /** IANA, for hours of quiet. */
  readonly zone?: string;
  /** When it was last said to be there. */
  readonly seenAt: Instant;
  /** The brand's own, to try campaigns on: what is sent there asks nobody. */
  readonly isTest?: true;
};

/** Under which a device is listed. A persona's name has slashes and a visitor's has none, so neither is taken for the other. */
export const ownerOf = ({ persona, visitor }: DeviceOwner): PersonaId | VisitorKey => persona ?? visitor;

export interface DeviceStore {
  /** In place of what was known of that device, whosever it was. */
  putDevice(device: Device): Promise<void>;
  getDevice(id: string): Promise<Device | undefined>;
  /** Idempotent. With `endpoint`, only while it is still the one: what replaced it meanwhile stays. */
  removeDevice(id: string, endpoint?: Endpoint): Promise<void>;
  /** At most `DEVICES_MOST`, those seen last first. */
  listDevices(owner: PersonaId | VisitorKey): Promise<Device[]>;
}

/** Of a persona, or a visitor: who registers ever new ones is no customer. */
export const DEVICES_MOST = 20;
