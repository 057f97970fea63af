import { createHash } from 'node:crypto'

/** Every key bears one hash tag: on a Redis Cluster they share a slot, so that one write may touch what it needs. */
const tag = '{rollcall}'

export const keys = {
  upgrade: (id: string) => `${tag}:upgrade:${id}`,
  audit: (chain: string) => `${tag}:audit:${chain}`,
  target: (target: { clusterUid: string; uid: string }) => `${tag}:target:${target.clusterUid}:${target.uid}`,
  count: (service: string, environment: string) => `${tag}:count:${service}:${environment}`,
  /** Every entry of every chain in the order of the commits, and how far copies of the trail have got in it. */
  feed: `${tag}:feed`,
  copies: `${tag}:copies`,
  shown: (id: string) => `${tag}:shown:${id}`,
  /** The upgrade in whose thread a reply stands, by the thread's first message. */
  thread: ({ channel, ts }: { channel: string; ts: string }) => `${tag}:thread:${channel}:${ts}`,
  /** What the gates of an upgrade said last, by name. */
  measured: (id: string) => `${tag}:measured:${id}`,
  /** The figures of one of them, oldest first. */
  series: (id: string, gate: string) => `${tag}:series:${id}:${gate}`,
  /** Pods that were Ready in the course of an upgrade. */
  capacity: (id: string) => `${tag}:capacity:${id}`,
  /** The alerts of an upgrade, which of them go first, those that fire, and who was called. */
  alerts: (id: string) => ({
    all: `${tag}:alerts:${id}`,
    order: `${tag}:alerts:${id}:order`,
    firing: `${tag}:alerts:${id}:firing`,
    called: `${tag}:alerts:${id}:called`,
  }),
  /** Upgrades by when to look next, epoch milliseconds: those under way, and those whose end Slack has yet to be told. */
  due: `${tag}:due`,
  /** Ended upgrades by when. */
  ended: `${tag}:ended`,
  /** What administrators froze, by scope. */
  freezes: `${tag}:freezes`,
  /** The configuration in force: its hash, and its number in the row of all that were. */
  config: `${tag}:config`,
  /** Processes that go by it, by when they count as gone, epoch milliseconds. */
  processes: `${tag}:processes`,
  /** A configuration that is or was in force: its text, and the number under which it last came into force. */
  configText: (hash: string) => `${tag}:config:${hash}`,
  /** Exists while Slack answered within the last minute. */
  slackReached: `${tag}:slack-reached`,
  /** Whose Home tab in Slack was opened lately, by when, and what was published there last. */
  homes: `${tag}:homes`,
  home: (user: string) => `${tag}:home:${user}`,
  told: (about: string) => `${tag}:told:${about}`,
  budget: (name: string) => `${tag}:budget:${name}`,
  /** What was pushed and is proposed in a place. */
  proposals: (service: string, environment: string) => `${tag}:proposals:${service}:${environment}`,
  /** What a pipeline's call led to; `key` is the pipeline's own word, so its hash stands for it. */
  call: (pipeline: string, key: string) => `${tag}:call:${pipeline}:${createHash('sha256').update(key).digest('hex')}`,
  /** A delivery of Slack, by its signature or ID. */
  seen: (delivery: string) => `${tag}:seen:${delivery}`,
  /** What Slack was answered to it. */
  answer: (delivery: string) => `${tag}:answer:${delivery}`,
  /** When each kind of delivery of Slack arrived last, and since when that is noted, epoch milliseconds. */
  arrived: `${tag}:arrived`,
  /** Whoever holds the lock does its work once more. */
  again: (name: string) => `${tag}:again:${name}`,
  lock: (name: string) => `${tag}:lock:${name}`,
} as const

/** BullMQ's own keys lie in the same slot. */
export const queuePrefix = `${tag}:bull`
