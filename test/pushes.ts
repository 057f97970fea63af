/** What registries send when something is pushed, as their documentation and they themselves have it. */

export const aDigest = `sha256:${'a'.repeat(64)}`

type Changes = Record<string, unknown>

/** https://distribution.github.io/distribution/about/notifications/ */
export function distribution(repository: string, tag: string, changes: Changes = {}) {
  return { events: [distributionEvent(repository, tag, changes)] }
}

export function distributionEvent(repository: string, tag: string, changes: Changes = {}) {
  return {
    id: '320678d8-ca14-430f-8bb6-4ca139cd83f7',
    timestamp: '2016-03-09T14:44:26.402973972-08:00',
    action: 'push',
    target: {
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      size: 708,
      digest: aDigest,
      length: 708,
      repository,
      url: `http://registry.example.com/v2/${repository}/manifests/${aDigest}`,
      tag,
    },
    request: {
      id: '6df24a34-0959-4923-81ca-14f09767db19',
      addr: '192.168.64.11:42961',
      host: 'registry.example.com',
      method: 'PUT',
      useragent: 'curl/7.38.0',
    },
    actor: {},
    source: { addr: 'xtal.local:5000', instanceID: 'a53db899-3b4b-4a62-a067-8dd013beaca4' },
    ...changes,
  }
}

/** https://goharbor.io/docs/main/working-with-projects/project-configuration/configure-webhooks/ */
export function harbor(repository: string, tag: string) {
  const [namespace = '', name = ''] = repository.split('/')
  const resource_url = `registry.example.com/${repository}:${tag}`
  return {
    type: 'PUSH_ARTIFACT',
    occur_at: 1680501893,
    operator: 'admin',
    event_data: {
      resources: [{ digest: aDigest, tag, resource_url }],
      repository: { date_created: 1680501893, name, namespace, repo_full_name: repository, repo_type: 'private' },
    },
  }
}

/** https://docs.github.com/webhooks/webhook-events-and-payloads#registry_package, without most of it. */
export function github(
  event: 'registry_package' | 'package',
  namespace: string,
  name: string,
  tag: string,
  type = 'CONTAINER',
) {
  return {
    action: 'published',
    [event]: {
      id: 1,
      name,
      namespace,
      description: '',
      ecosystem: type,
      package_type: type,
      html_url: `https://github.com/${namespace}/packages/1`,
      package_version: {
        id: 2,
        version: aDigest,
        container_metadata: { tag: { name: tag, digest: aDigest }, labels: {}, manifest: {} },
        package_url: `ghcr.io/${namespace}/${name}:${tag}`,
      },
      registry: { about_url: 'https://docs.github.com/packages', name: 'GitHub Container Registry', type: 'docker' },
    },
    sender: { login: 'octocat' },
  }
}

/** https://docs.docker.com/docker-hub/repos/manage/webhooks/ */
export function dockerHub(repo_name: string, tag: string) {
  const [namespace, name] = repo_name.split('/')
  return {
    callback_url: `https://registry.hub.docker.com/u/${repo_name}/hook/2141b5bi5i5b02bec211i4eeih0242eg11000a/`,
    push_data: { pushed_at: 1417566161, pusher: 'trustedbuilder', tag },
    repository: {
      is_official: false,
      is_private: true,
      name,
      namespace,
      owner: namespace,
      repo_name,
      status: 'Active',
    },
  }
}
