import { ensureRedis } from '../scripts/redis.ts'

export function setup(): void {
  ensureRedis()
}
