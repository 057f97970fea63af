import type { HomeStore, Published } from '../../src/slack/home.ts'
import type { SlackActor } from '../../src/upgrade/upgrade.ts'

/** Who has opened their Home tab, and what was published, without Redis. */
export class InMemoryHomes implements HomeStore {
  readonly people = new Map<string, { person: SlackActor; openedAt: number }>()
  readonly views = new Map<string, Published>()
  clock = 0

  async open(person: SlackActor) {
    this.people.set(person.user, { person, openedAt: this.clock })
  }

  async opened() {
    return [...this.people.values()]
  }

  async published(users: readonly string[]) {
    return users.map((user) => this.views.get(user))
  }

  async note(user: string, published: Published) {
    this.views.set(user, published)
  }

  async close(user: string) {
    this.people.delete(user)
    this.views.delete(user)
  }
}
