/** Where a stage puts work for the next. Delivery is at least once and in no order. */
export interface Queue<Message> {
  /** Seen by consumers after `delaySeconds` (0 to 900) at the earliest. */
  send(message: Message, options?: { readonly delaySeconds?: number }): Promise<void>;
}

export interface QueueDepth {
  /** About how many messages wait or are worked on; those that are delayed on purpose left out. */
  depth(): Promise<number>;
}
