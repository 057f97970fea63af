import type { Markup } from './markup.ts'

/** What an argument may be; whatever is no `Markup` is escaped. */
export type Value = Markup | string | number

/**
 * The arguments of a message in ICU's syntax, so that one that is forgotten does not compile. A plural counts a number, a
 * select chooses by a string. Read brace by brace: within a plural or select the braces between branches are no arguments.
 */
export type ArgumentsOf<Message extends string> = Simple<Scan<Message, []>>

type Simple<T> = { [Name in keyof T]: T[Name] }

type Scan<Text extends string, Within extends Scope[], Found = unknown> = Text extends `${infer Before}{${infer After}`
  ? Before extends `${string}}${string}`
    ? Text extends `${string}}${infer Rest}`
      ? Scan<Rest, Outside<Within>, Found>
      : never
    : Within extends ['choice', ...Scope[]]
      ? Scan<After, ['branch', ...Within], Found>
      : Argument<After, Within, Found>
  : Found

type Scope = 'choice' | 'branch'

type Outside<Within extends Scope[]> = Within extends [Scope, ...infer Rest extends Scope[]] ? Rest : []

/** What follows an opening brace: a name, or a name and what is chosen by it. */
type Argument<After extends string, Within extends Scope[], Found> = After extends `${infer Inside}}${infer Rest}`
  ? Inside extends `${infer Name}, plural,${string}`
    ? After extends `${Name}, plural,${infer Branches}`
      ? Scan<Branches, ['choice', ...Within], Found & { [Key in Name]: number }>
      : never
    : Inside extends `${infer Name}, select,${string}`
      ? After extends `${Name}, select,${infer Branches}`
        ? Scan<Branches, ['choice', ...Within], Found & { [Key in Name]: string }>
        : never
      : Scan<Rest, Within, Found & { [Key in Inside]: Value }>
  : never
