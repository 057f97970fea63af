import { controlPlaneAssets } from './control-plane/build.ts'

/** Builds the control plane once, before any test waits for it. */
export async function setup(): Promise<void> {
  await controlPlaneAssets()
}
