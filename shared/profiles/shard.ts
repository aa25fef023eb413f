/** What all profiles share is spread over so many keys, by a hash of the profile's name. */
import { createHash } from 'node:crypto';
import type { PersonaId } from '../identity/persona.ts';
import { INDEX_SHARDS } from './customer.ts';

export const shardOf = (persona: PersonaId): number =>
  createHash('sha256').update(persona).digest().readUInt32BE(0) % INDEX_SHARDS;
