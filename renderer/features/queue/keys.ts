/** Whether a key belongs to what the person is writing. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('input:not([type="checkbox"]), textarea, select, [role="dialog"], [role="alertdialog"]') !== null
  )
}
