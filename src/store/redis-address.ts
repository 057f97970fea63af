import type { RedisOptions } from 'ioredis'

/**
 * Where Redis is: one server by its URL, or whichever of a group Sentinel says is the master now,
 * `redis+sentinel://[[user]:password@]host[:port][,host[:port]…]/name`; user and password are those of Redis itself.
 */
export function redisAddress(url: string): RedisOptions | string {
  const [, user, password, hosts, name] =
    /^redis\+sentinel:\/\/(?:([^:@/]*):([^@/]*)@)?([^/@]+)\/([^/]+)$/.exec(url) ?? []
  if (hosts === undefined || name === undefined) return url
  return {
    name,
    sentinels: hosts.split(',').map((one) => {
      const [host = '', port = '26379'] = one.split(':')
      return { host, port: Number(port) }
    }),
    ...(user && { username: decodeURIComponent(user) }),
    ...(password && { password: decodeURIComponent(password) }),
  }
}
