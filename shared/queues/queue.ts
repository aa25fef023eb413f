/** Where a stage puts work for the next. Delivery is at least once and in no order. */
export interface Queue<Message> {
  send(message: Message): Promise<void>;
}
