/** Names come from people and clusters: `constructor` is no service, no reason and no command. */
export function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}
