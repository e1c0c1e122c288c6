/// A vendor whose subscription windows are kept.
package enum Provider: String, Sendable, CaseIterable {
  case codex
  case claude
  case glm
}

/// Which end of a window a snapshot is of.
package enum Phase: String, Sendable, CaseIterable {
  case before
  case after
}
