/** Values of the environment variables that gates may use, by name. */
export type GateSecrets = Readonly<Record<string, string>>
