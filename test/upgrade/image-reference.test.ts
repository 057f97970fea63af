import { expect, test } from 'vitest'
import { nameOf, repositoryOf, versionOf } from '../../src/upgrade/image-reference.ts'

const digest = `sha256:${'a'.repeat(64)}`

test.each([
  ['nginx', 'docker.io', 'library/nginx'],
  ['bitnami/redis', 'docker.io', 'bitnami/redis'],
  ['docker.io/nginx', 'docker.io', 'library/nginx'],
  ['index.docker.io/bitnami/redis', 'docker.io', 'bitnami/redis'],
  ['registry.example.com/shop/web', 'registry.example.com', 'shop/web'],
  ['registry.example.com:5000/web', 'registry.example.com:5000', 'web'],
  ['localhost/web', 'localhost', 'web'],
  ['localhost:5000/shop/web', 'localhost:5000', 'shop/web'],
  ['ghcr.io/shop/deeply/nested/web', 'ghcr.io', 'shop/deeply/nested/web'],
])('%s is at %s, as %s', (image, host, path) => {
  expect(repositoryOf(image)).toEqual({ host, path })
})

test.each([
  ['web', 'web', {}],
  ['web:1.5.0', 'web', { tag: '1.5.0' }],
  ['registry.example.com:5000/web', 'registry.example.com:5000/web', {}],
  ['registry.example.com:5000/web:1.5.0', 'registry.example.com:5000/web', { tag: '1.5.0' }],
  [`registry.example.com/web@${digest}`, 'registry.example.com/web', { digest }],
  [`registry.example.com/web:1.5.0@${digest}`, 'registry.example.com/web', { tag: '1.5.0', digest }],
])('%s is called %s', (image, name, version) => {
  expect(nameOf(image)).toBe(name)
  expect(versionOf(image)).toEqual(version)
})
