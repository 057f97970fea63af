import type { ComponentChildren, JSX } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'

/**
 * The browser's own modal dialog: it keeps the focus inside, the rest of the page inert, and closes on Escape. Whoever
 * opened it has the focus again afterwards.
 */
export function Dialog({
  title,
  lang,
  kind,
  isCovered = false,
  onClose,
  children,
}: {
  title: string
  /** Of what stands in it, where that is not the page's. */
  lang?: string
  kind: 'confirm' | 'modal'
  /** Another one lies on it. */
  isCovered?: boolean
  onClose(): void
  children: ComponentChildren
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useLayoutEffect(() => {
    const shown = dialog.current
    shown?.showModal()
    // Closing it, before it goes, is what gives the focus back.
    return () => shown?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      lang={lang}
      class={`dialog dialog-${kind}${isCovered ? ' is-covered' : ''}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
    >
      <header class="dialog-head">
        <h2 id={id}>{title}</h2>
        <button type="button" class="button-icon" aria-label="Close" onClick={onClose}>
          ✕
        </button>
      </header>
      {children}
    </dialog>
  )
}
