/** What the configuration says about one registry; how to reach it and as whom. */
export type RegistrySettings = {
  /** Another registry that is asked first, `host[:port][/prefix]`; its own settings hold for it. */
  mirror?: string
  /** File of PEM certificates that are trusted here beside the usual ones. */
  ca?: string
  /** Plain HTTP, on the loopback interface only. */
  insecure?: boolean
  /** A Docker configuration file with credentials. */
  credentials?: string
  /** Another host that may be given these credentials in exchange for a token. */
  tokenServer?: string
}

/** By host as it stands in image references, with its port. */
export type Registries = Readonly<Record<string, RegistrySettings>>
