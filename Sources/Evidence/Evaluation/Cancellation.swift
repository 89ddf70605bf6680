import Synchronization

/// A flag that stops an evaluation: workers look at it between chunks of draws.
public final class Cancellation: Sendable {
  private let flag = Atomic(false)
  private let moment = Mutex<ContinuousClock.Instant?>(nil)
  private let parent: Cancellation?

  /// Not cancelled.
  public init() { parent = nil }

  /// Cancelled with its parent, or alone.
  init(parent: Cancellation) { self.parent = parent }

  /// Stops the evaluation. What was finished is kept.
  public func cancel() {
    moment.withLock { $0 = $0 ?? .now }
    flag.store(true, ordering: .relaxed)
  }

  /// Whether `cancel` was called at least so long ago.
  func isCancelled(since duration: Duration) -> Bool {
    guard isCancelled else { return false }
    return moment.withLock { $0.map { $0.duration(to: .now) >= duration } ?? false }
      || parent?.isCancelled(since: duration) == true
  }

  /// Whether `cancel` was called.
  public var isCancelled: Bool { flag.load(ordering: .relaxed) || parent?.isCancelled == true }

  /// - Throws: `CancellationError` once cancelled.
  public func check() throws {
    if isCancelled { throw CancellationError() }
  }
}
