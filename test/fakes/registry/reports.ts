/** What vulnerability scanners write, as far as anybody reads it. */

/** How bad, as each scanner writes it; `fixed` in which version it is mended. */
export type Finding = { id: string; severity: string; fixed?: string; alias?: string }

/** Trivy's `--format json` of an image; of none that it names where there is no digest. */
export function trivyReport(digest: string | undefined, at: string | undefined, found: readonly Finding[]) {
  const name = 'registry.example.com/shop/web'
  return {
    SchemaVersion: 2,
    ...(at !== undefined && { CreatedAt: at }),
    ArtifactName: `${name}:1.5.0`,
    ArtifactType: 'container_image',
    Metadata: { OS: { Family: 'debian', Name: '13.2' }, ...(digest && { RepoDigests: [`${name}@${digest}`] }) },
    Results: [
      {
        Target: `${name}:1.5.0 (debian 13.2)`,
        Class: 'os-pkgs',
        Type: 'debian',
        Vulnerabilities: found.map(({ id, severity, fixed, alias }) => ({
          VulnerabilityID: id,
          ...(alias && { VendorIDs: [alias] }),
          PkgName: 'openssl',
          InstalledVersion: '3.5.1-1',
          ...(fixed && { FixedVersion: fixed }),
          Status: fixed ? 'fixed' : 'affected',
          Severity: severity.toUpperCase(),
          Title: 'a title',
          References: ['https://www.example.com/1'],
        })),
      },
      { Target: 'app/package-lock.json', Class: 'lang-pkgs', Type: 'npm' },
    ],
  }
}

/** Grype's `--output json` of an image. */
export function grypeReport(digest: string | undefined, at: string | undefined, found: readonly Finding[]) {
  const name = 'registry.example.com/shop/web'
  return {
    matches: found.map(({ id, severity, fixed, alias }) => ({
      vulnerability: {
        id,
        severity: severity.replace(/^./, (letter) => letter.toUpperCase()),
        fix: { versions: fixed ? [fixed] : [], state: fixed ? 'fixed' : 'not-fixed' },
      },
      relatedVulnerabilities: alias ? [{ id: alias, namespace: 'nvd:cpe' }] : [],
      artifact: { name: 'openssl', version: '3.5.1-1' },
    })),
    source: {
      type: 'image',
      target: { userInput: `${name}:1.5.0`, repoDigests: digest ? [`${name}@${digest}`] : [], layers: [] },
    },
    distro: { name: 'debian', version: '13' },
    descriptor: { name: 'grype', version: '0.104.0', ...(at !== undefined && { timestamp: at }) },
  }
}
