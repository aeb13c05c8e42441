import { Component, type ReactNode } from 'react'
import { TEXTS } from '../texts.ts'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/state.tsx'

/** A fault in one screen must not take the rail and the other screens with it. */
export class ScreenBoundary extends Component<{ children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false }
  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true }
  }
  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children
    return (
      <div className="p-6">
        <Notice
          tone="danger"
          title={TEXTS.errors.crash}
          action={<Button onPress={() => this.setState({ hasFailed: false })}>{TEXTS.common.retry}</Button>}
        >
          {TEXTS.errors.windowHint}
        </Notice>
      </div>
    )
  }
}
