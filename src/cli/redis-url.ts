/** Where Redis is, for commands that need nothing else of the environment. */
export function redisUrl(env: NodeJS.ProcessEnv): string {
  return env.REDIS_URL || 'redis://127.0.0.1:6379'
}
